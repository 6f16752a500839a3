import { atOpposite, isUniform, modulo, notUniform, vectorAverage } from './angles.js';
import { halfWidth } from './fits/von-mises.js';
import { fitIndex, ratioIndex, type Undefined } from './indices.js';
import { checkNumbers } from './response-matrix.js';
import type { Fit, Index } from './schemas.js';

/** Below this share of the summed response, float32 rounding decides where a vector points. */
export const SHORTEST_VECTOR = 1e-6;
/** Hanning window of Ringach et al. 2002: half width 13.5 degrees at half height, 27 at the foot. */
const HANNING_FOOT = 27;

const NOT_UNIFORM = notUniform('orientations', 180);

/**
 * Global orientation selectivity, 1 - circular variance, 0..1 (Ringach et al. 2002; AllenSDK).
 * @param orientations degrees, uniformly spaced over 180, in any order
 * @param curve one response per orientation
 */
export function gOSI(orientations: readonly number[], curve: ArrayLike<number>): Index {
  return curveIndex('|sum R e^(2i theta)| / sum R', orientations, curve, (relative) => {
    if (!isUniform(orientations, 180)) return NOT_UNIFORM;
    return vectorAverage(orientations, relative, 180).length;
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
    if (!isUniform(orientations, 180)) return NOT_UNIFORM;
    const { length, angle } = vectorAverage(orientations, relative, 180);
    return length < SHORTEST_VECTOR ? { reason: 'the vector average has no direction' } : angle;
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
    if (!isUniform(orientations, 180)) return NOT_UNIFORM;
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

/** Derives indices from the result of `fitOrientation`. */
export function orientationFitIndices(fit: Fit): Record<string, Index> {
  return {
    preferredOrientationFit: fitIndex('mu of the fit', fit, ({ mu }) => mu!),
    halfWidthAtHalfHeight: fitIndex(
      'half width half way between the largest and the smallest value of the fit',
      fit,
      ({ kappa }) => halfWidth(kappa!, 180),
    ),
  };
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

/** Returns the response orthogonal to the largest one, relative to it. */
function atOrthogonal(orientations: readonly number[], relative: Float64Array): number | Undefined {
  const { angle, response } = atOpposite(orientations, relative, 180);
  return response ?? { reason: `no response at the orthogonal orientation, ${angle} degrees` };
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

/** Counts the samples from the peak of a circular curve to where it falls to 1/sqrt(2) of it; null if it never does. */
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
