import { resultant, type Undefined } from './indices.js';

/** The period in degrees: 180 for an orientation, 360 for a direction or a phase. */
export type Period = 180 | 360;

/** Degrees by which an angle may differ from its place on a uniform or orthogonal grid. */
const ANGLE_TOLERANCE = 0.01;

/** The reason why angles that are not uniform have no vector average. */
export function notUniform(name: string, period: Period): Undefined {
  return { reason: `the ${name} are not 3 or more, uniformly spaced over ${period} degrees` };
}

/** Tests whether there are 3 or more angles, in any order, that are uniformly spaced over the period. */
export function isUniform(angles: readonly number[], period: Period): boolean {
  const sorted = angles.map((angle) => modulo(angle, period)).sort((a, b) => a - b);
  const step = period / sorted.length;
  return (
    sorted.length >= 3 &&
    sorted.every((angle, i) => {
      const next = i + 1 < sorted.length ? sorted[i + 1]! : sorted[0]! + period;
      return Math.abs(next - angle - step) <= ANGLE_TOLERANCE;
    })
  );
}

/** Computes the vector average: its length relative to the summed response, and its angle in degrees, 0..period. */
export function vectorAverage(
  angles: readonly number[],
  relative: Float64Array,
  period: Period,
): { readonly length: number; readonly angle: number } {
  const turn = (2 * Math.PI) / period;
  const { re, im, sum } = resultant(relative, (i) => angles[i]! * turn);
  const length = Math.hypot(re, im) / sum;
  // Without negative responses, only rounding makes the length exceed 1.
  const rounded = length > 1 && length < 1 + 1e-9 ? 1 : length;
  return { length: rounded, angle: modulo(Math.atan2(im, re) / turn, period) };
}

/** Finds the response half a period away from the largest, relative to it; undefined if there is none. */
export function atOpposite(
  angles: readonly number[],
  relative: Float64Array,
  period: Period,
): { readonly angle: number; readonly response: number | undefined } {
  const preferred = angles[relative.indexOf(1)]!;
  const opposite = angles.findIndex(
    (angle) => Math.abs(modulo(angle - preferred, period) - period / 2) <= ANGLE_TOLERANCE,
  );
  return { angle: modulo(preferred + period / 2, period), response: relative[opposite] };
}

export function modulo(value: number, period: number): number {
  return ((value % period) + period) % period;
}
