import type { Entry } from '../stimulus/parametric/entry.js';
import type { Axis, Sweep } from '../stimulus/sweep.js';
import type { Dimension } from '../tuning/dimensions/dimension.js';
import { DIMENSIONS, type DimensionName } from '../tuning/dimensions/dimensions.js';

/** Finds the dimension that measures a swept parameter. */
export function findDimension(
  { kind, stimulus }: Sweep,
  { parameter, values }: Axis,
): DimensionName {
  const swept = { kind, fields: Object(stimulus[kind]) as Entry, values };
  const found = Object.entries<Dimension>(DIMENSIONS).find(
    ([, { parameters, measures = () => true }]) =>
      parameters.includes(parameter) && measures(swept),
  );
  return (found?.[0] as DimensionName | undefined) ?? 'other';
}

/** Tests whether responses are averaged over phases that are evenly spaced over 360 degrees. */
export function averagesPhases({ kind, stimulus, averaged }: Sweep): boolean {
  if (averaged?.parameter === 'phase') return true;
  if (kind !== 'driftingGrating' || averaged === undefined) return false;
  const { step }: Entry = Object(stimulus[kind]);
  return Math.abs(Number(step) * averaged.values.length) === 360;
}
