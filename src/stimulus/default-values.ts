import { COLOUR_ANGLES } from './colour/colour.js';
import { SCHEMAS } from './parametric/kinds.js';
import { type SweepValues, sweepValues } from './parametric/sweep-values.js';
import type { Canvas } from './stimuli.js';

/** Default values by the names of parameters, which have the same meaning in every kind of stimulus. */
const VALUES: ReadonlyMap<string, SweepValues> = new Map(
  Object.values(SCHEMAS).flatMap(({ shape }) =>
    Object.entries(shape).flatMap(([name, field]) => {
      const values = sweepValues(field);
      return values === undefined ? [] : [[name, values] as const];
    }),
  ),
);

/**
 * Returns the default values of a parameter for sweeps, lengths in pixels.
 * @returns undefined for parameters that have no default values
 * @example
 * defaultValues('orientation', canvas); // [0, 15, 30, ..., 165], degrees
 */
export function defaultValues(parameter: string, canvas: Canvas): readonly number[] | undefined {
  return VALUES.get(parameter)?.(canvas) ?? COLOUR_ANGLES[parameter];
}
