import { SCHEMAS } from './parametric/kinds.js';
import { type SweepValues, sweepValues } from './parametric/sweep-values.js';
import type { Canvas } from './stimuli.js';

/** By the names of parameters, which mean the same in every kind of stimulus. */
const VALUES: ReadonlyMap<string, SweepValues> = new Map(
  Object.values(SCHEMAS).flatMap(({ shape }) =>
    Object.entries(shape).flatMap(([name, field]) => {
      const values = sweepValues(field);
      return values === undefined ? [] : [[name, values] as const];
    }),
  ),
);

/**
 * The values of a parameter when a sweep names none, lengths in pixels.
 * @returns undefined for parameters that have no default values
 * @example
 * defaultValues('orientation', canvas); // [0, 15, 30, ..., 165], degrees
 */
export function defaultValues(parameter: string, canvas: Canvas): readonly number[] | undefined {
  return VALUES.get(parameter)?.(canvas);
}
