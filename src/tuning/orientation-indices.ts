import { type Index, ratioIndex, resultant, type Undefined } from './indices.js';
import { checkNumbers } from './response-matrix.js';

/** Degrees by which an angle may miss its place on a uniform or orthogonal grid. */
const ANGLE_TOLERANCE = 0.01;
/** Below this share of the summed response, float32 rounding decides where a vector points. */
const SHORTEST_VECTOR = 1e-6;
/** Hanning window of Ringach et al. 2002: half width 13.5 degrees at half height, 27 at the foot. */
const HANNING_FOOT = 27;

const NOT_UNIFORM: Undefined = {
  reason: 'the orientations are not 3 or more, uniformly spaced over 180 degrees',
};

/**
 * Global orientation selectivity, 1 - circular variance, 0..1 (Ringach et al. 2002; AllenSDK).
 * @param orientations degrees, uniformly spaced over 180, in any order
 * @param curve one response per orientation
 */
export function gOSI(orientations: readonly number[], curve: ArrayLike<number>): Index {
  return curveIndex('|sum R e^(2i theta)| / sum R', orientations, curve, (relative) => {
    const vector = vectorAverage(orientations, relative);
    return 'reason' in vector ? vector : Math.min(1, vector.length);
  });
}

/**
 * Preferred orientation by the vector average, degrees in [0, 180).
 * @param orientations degrees, uniformly spaced over 180, in any order
 * @param curve one response per orientation
 */
export function preferredOrientation(
  orientations: readonly number[],
  curve: ArrayLike<number>,
): Index {
  return curveIndex('arg(sum R e^(2i theta)) / 2', orientations, curve, (relative) => {
    const vector = vectorAverage(orientations, relative);
    if ('reason' in vector) return vector;
    if (vector.length < SHORTEST_VECTOR) return { reason: 'the vector average has no direction' };
    return modulo((vector.angle * 90) / Math.PI, 180);
  });
}

/**
 * Two-point orientation selectivity, 0..1: the orientation p of the largest response against the
 * one at p + 90, which has to be among the orientations. Statistically poor (Mazurek et al. 2014).
 */
export function OSI(orientations: readonly number[], curve: ArrayLike<number>): Index {
  return curveIndex('(Rp - Ro) / (Rp + Ro)', orientations, curve, (relative) => {
    const orthogonal = atOrthogonal(orientations, relative);
    return typeof orthogonal === 'number' ? (1 - orthogonal) / (1 + orthogonal) : orthogonal;
  });
}

/** Orthogonal over preferred response, 0..1 (Brain-Score); the orientations as in {@link OSI}. */
export function orthogonalToPreferred(
  orientations: readonly number[],
  curve: ArrayLike<number>,
): Index {
  return curveIndex('Ro / Rp', orientations, curve, (relative) =>
    atOrthogonal(orientations, relative),
  );
}

/**
 * Half width in degrees at 1/sqrt(2) of the peak, after smoothing by a Hanning window of 13.5
 * degrees half width (Ringach et al. 2002); linear between samples, the mean of both flanks.
 * @param orientations degrees, uniformly spaced over 180, in any order
 * @param curve one response per orientation
 */
export function bandwidth(orientations: readonly number[], curve: ArrayLike<number>): Index {
  const formula = 'half width at R_peak / sqrt(2), Hanning smoothed';
  return curveIndex(formula, orientations, curve, (relative) => {
    if (!isUniform(orientations)) return NOT_UNIFORM;
    const sorted = orientations
      .map((orientation, i) => ({ angle: modulo(orientation, 180), response: relative[i]! }))
      .sort((a, b) => a.angle - b.angle);
    const step = 180 / sorted.length;
    const smooth = hanning(
      Float64Array.from(sorted, ({ response }) => response),
      step,
    );
    const right = stepsToFall(smooth, 1);
    const left = stepsToFall(smooth, -1);
    if (right === null || left === null) {
      return { reason: 'the curve never falls to 1/sqrt(2) of its peak' };
    }
    return ((right + left) / 2) * step;
  });
}

function curveIndex(
  formula: string,
  orientations: readonly number[],
  curve: ArrayLike<number>,
  evaluate: (relative: Float64Array) => number | Undefined,
): Index {
  checkNumbers(orientations, 'orientations');
  if (orientations.length !== curve.length) {
    throw new Error(`${orientations.length} orientations for ${curve.length} responses`);
  }
  return ratioIndex(formula, curve, evaluate);
}

/** Length relative to the summed response, and angle in radians of the doubled orientation. */
function vectorAverage(
  orientations: readonly number[],
  relative: Float64Array,
): { readonly length: number; readonly angle: number } | Undefined {
  if (!isUniform(orientations)) return NOT_UNIFORM;
  const { re, im, sum } = resultant(relative, (i) => (orientations[i]! * Math.PI) / 90);
  return { length: Math.hypot(re, im) / sum, angle: Math.atan2(im, re) };
}

/** The response orthogonal to the largest one, relative to it. */
function atOrthogonal(orientations: readonly number[], relative: Float64Array): number | Undefined {
  const preferred = orientations[relative.indexOf(1)]!;
  const orthogonal = orientations.findIndex(
    (orientation) => Math.abs(modulo(orientation - preferred, 180) - 90) <= ANGLE_TOLERANCE,
  );
  return orthogonal < 0
    ? {
        reason: `no response at the orthogonal orientation, ${modulo(preferred + 90, 180)} degrees`,
      }
    : relative[orthogonal]!;
}

function isUniform(orientations: readonly number[]): boolean {
  const sorted = orientations.map((angle) => modulo(angle, 180)).sort((a, b) => a - b);
  const step = 180 / sorted.length;
  return (
    sorted.length >= 3 &&
    sorted.every((angle, i) => {
      const next = i + 1 < sorted.length ? sorted[i + 1]! : sorted[0]! + 180;
      return Math.abs(next - angle - step) <= ANGLE_TOLERANCE;
    })
  );
}

function hanning(curve: Float64Array, step: number): Float64Array {
  const reach = Math.ceil(HANNING_FOOT / step) - 1;
  const offsets = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  return curve.map((_, centre) =>
    offsets.reduce((sum, offset) => {
      const weight = 1 + Math.cos((Math.PI * offset * step) / HANNING_FOOT);
      return sum + weight * curve[modulo(centre + offset, curve.length)]!;
    }, 0),
  );
}

/** Samples from the peak of a circular curve to where it falls to 1/sqrt(2) of it, or null. */
function stepsToFall(curve: Float64Array, direction: 1 | -1): number | null {
  const peak = curve.indexOf(Math.max(...curve));
  const level = curve[peak]! * Math.SQRT1_2;
  let before = curve[peak]!;
  for (let steps = 1; steps < curve.length; steps += 1) {
    const here = curve[modulo(peak + direction * steps, curve.length)]!;
    if (here <= level) return steps - 1 + (before - level) / (before - here);
    before = here;
  }
  return null;
}

function modulo(value: number, period: number): number {
  return ((value % period) + period) % period;
}
