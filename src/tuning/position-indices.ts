import type { IndexLabel } from './dimensions/dimension.js';
import { fitIndex } from './indices.js';
import type { Fit, Index } from './schemas.js';

/** The labels and units of the indices. */
export const POSITION_INDICES = {
  centreX: { label: 'Centre x, right of the middle', unit: 'pixels' },
  centreY: { label: 'Centre y, above the middle', unit: 'pixels' },
  diameter: { label: 'Diameter', unit: 'pixels' },
} as const satisfies Readonly<Record<string, IndexLabel>>;

/** Derives centre and diameter, in pixels, from the result of `fitPosition`. */
export function positionIndices(fit: Fit): Record<string, Index> {
  const centre = (formula: string, name: 'x0' | 'y0') =>
    fitIndex(formula, fit, (parameters) =>
      fit.parameters !== null && fit.atBound.some((bound) => bound === 'x0' || bound === 'y0')
        ? { reason: 'the centre of the fit is on the edge of the positions presented' }
        : parameters[name]!,
    );
  return {
    centreX: centre('x0 of the fit', 'x0'),
    centreY: centre('y0 of the fit', 'y0'),
    diameter: fitIndex('4 sqrt(sigma1 sigma2) of the fit', fit, ({ sigma1, sigma2 }) =>
      fit.parameters !== null && fit.atBound.some((bound) => bound !== 'b')
        ? { reason: `the fit is at the end of its range: ${fit.atBound.join(', ')}` }
        : 4 * Math.sqrt(sigma1! * sigma2!),
    ),
  };
}
