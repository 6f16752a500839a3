import type { Entry } from '../stimulus/parametric/entry.js';
import type { Axis, Sweep } from '../stimulus/sweep.js';
import { DIMENSIONS, type DimensionName } from '../tuning/dimensions/dimensions.js';

const BY_PARAMETER = new Map<string, DimensionName>(
  Object.entries(DIMENSIONS).flatMap(([name, { parameters }]) =>
    parameters.map((parameter) => [parameter, name as keyof typeof DIMENSIONS] as const),
  ),
);
/** The stimuli that are blank at diameter 0, or at length 0. */
const WITH_SIZE = ['grating', 'driftingGrating', 'disc', 'plaid', 'bar'];

/** Finds the dimension of a swept parameter. It is size or contrast only if its value 0 is the blank. */
export function findDimension(
  { kind, stimulus }: Sweep,
  { parameter, values }: Axis,
): DimensionName {
  const fields: Entry = Object(stimulus[kind]);
  if (parameter === 'contrast') {
    const isOnlyContrast = kind !== 'centreSurround' || fields['surroundContrast'] === undefined;
    return isOnlyContrast && values.every((value) => value >= 0) ? 'contrast' : 'other';
  }
  if (parameter === 'diameter' || parameter === 'length') {
    const hasNoHole = (fields['innerDiameter'] ?? 0) === 0;
    return hasNoHole && WITH_SIZE.includes(kind) ? 'size' : 'other';
  }
  return BY_PARAMETER.get(parameter) ?? 'other';
}

/** Tests whether responses are averaged over phases that are evenly spaced over 360 degrees. */
export function averagesPhases({ kind, stimulus, averaged }: Sweep): boolean {
  if (averaged?.parameter === 'phase') return true;
  if (kind !== 'driftingGrating' || averaged === undefined) return false;
  const { step }: Entry = Object(stimulus[kind]);
  return Math.abs(Number(step) * averaged.values.length) === 360;
}
