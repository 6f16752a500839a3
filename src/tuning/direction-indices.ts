import { atOpposite, isUniform, modulo, notUniform, vectorAverage } from './angles.js';
import { halfWidth } from './fits/von-mises.js';
import { fitIndex, ratioIndex } from './indices.js';
import { SHORTEST_VECTOR } from './orientation-indices.js';
import type { Fit, Index } from './schemas.js';

/** Below this difference between the shares of two bumps, rounding decides which is the larger. */
const MIN_DIFFERENCE = 1e-3;
const NOT_UNIFORM = notUniform('directions', 360);

/**
 * Derives the indices of direction, from the curve and from the fit.
 * @param directions degrees of drift, counter-clockwise from right
 * @param fit the result of `fitDirection`
 */
export function directionIndices(
  directions: readonly number[],
  curve: readonly number[],
  fit: Fit,
): Record<string, Index> {
  return {
    gDSI: ratioIndex('|sum R e^(i theta)| / sum R', curve, (relative) => {
      if (!isUniform(directions, 360)) return NOT_UNIFORM;
      return vectorAverage(directions, relative, 360).length;
    }),
    preferredDirection: ratioIndex('arg(sum R e^(i theta))', curve, (relative) => {
      if (!isUniform(directions, 360)) return NOT_UNIFORM;
      const { length, angle } = vectorAverage(directions, relative, 360);
      return length < SHORTEST_VECTOR ? { reason: 'the vector average has no direction' } : angle;
    }),
    DSI: ratioIndex('(Rp - Rn) / (Rp + Rn)', curve, (relative) => {
      const { angle, response } = atOpposite(directions, relative, 360);
      if (response !== undefined) return (1 - response) / (1 + response);
      return { reason: `no response in the opposite direction, ${angle} degrees` };
    }),
    preferredDirectionFit: fitIndex('mu of the fit', fit, ({ mu, phi }) =>
      phi! - 0.5 < MIN_DIFFERENCE ? { reason: 'both bumps of the fit are equal' } : mu!,
    ),
    halfWidthAtHalfHeight: fitIndex(
      'half width of one bump of the fit, half way between its value at mu and at mu + 90',
      fit,
      ({ kappa }) => halfWidth(kappa!, 360),
    ),
  };
}

/** Averages both directions of drift of each orientation, which is direction - 90. */
export function foldDirections(
  directions: readonly number[],
  curve: readonly number[],
): { readonly orientations: number[]; readonly curve: number[] } {
  const responses = new Map<number, number[]>();
  for (const [i, direction] of directions.entries()) {
    // Whole hundredths of a degree make equal orientations equal keys.
    const orientation = modulo(Math.round((direction - 90) * 100), 18_000) / 100;
    responses.set(orientation, [...(responses.get(orientation) ?? []), curve[i]!]);
  }
  return {
    orientations: [...responses.keys()],
    curve: [...responses.values()].map(
      (each) => each.reduce((sum, response) => sum + response, 0) / each.length,
    ),
  };
}
