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

/** What a swept parameter is to a neuron: size 0 and contrast 0 are the blank. */
export function findDimension(
  { kind, stimulus }: Sweep,
  { parameter, values }: Axis,
): DimensionName {
  const fields: Entry = Object(stimulus[kind]);
  if (parameter === 'contrast') {
    const alone = kind !== 'centreSurround' || fields['surroundContrast'] === undefined;
    return alone && values.every((value) => value >= 0) ? 'contrast' : 'other';
  }
  if (parameter === 'diameter' || parameter === 'length') {
    const whole = (fields['innerDiameter'] ?? 0) === 0;
    return whole && WITH_SIZE.includes(kind) ? 'size' : 'other';
  }
  return BY_PARAMETER.get(parameter) ?? 'other';
}

/** Whether responses are averaged over phases that are evenly spaced over one turn. */
export function averagesPhases({ kind, stimulus, averaged }: Sweep): boolean {
  if (averaged?.parameter === 'phase') return true;
  if (kind !== 'driftingGrating' || averaged === undefined) return false;
  const { step }: Entry = Object(stimulus[kind]);
  return Math.abs(Number(step) * averaged.values.length) === 360;
}
