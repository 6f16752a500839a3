import { fitIndex, type Undefined } from './indices.js';
import type { Fit, Index } from './schemas.js';

/**
 * Derives the indices of fitted contrast responses.
 * @param contrasts the contrasts presented, above 0
 */
export function contrastIndices(
  contrasts: readonly number[],
  { nakaRushton, supersaturating }: { readonly nakaRushton: Fit; readonly supersaturating: Fit },
): Record<string, Index> {
  const [lowest, highest] = [Math.min(...contrasts), Math.max(...contrasts)];
  const within = (half: number, value: number): number | Undefined => {
    if (half < lowest) return { reason: 'c50 of the fit is below the contrasts presented' };
    if (half > highest) return { reason: 'c50 of the fit is above the contrasts presented' };
    return value;
  };
  return {
    c50: fitIndex('c50 of Naka-Rushton', nakaRushton, ({ c50 }) => within(c50!, c50!)),
    Rmax: fitIndex('Rmax of Naka-Rushton', nakaRushton, ({ c50, Rmax }) => within(c50!, Rmax!)),
    exponent: fitIndex('n of Naka-Rushton', nakaRushton, ({ c50, n }) => within(c50!, n!)),
    supersaturation: fitIndex(
      's of the supersaturating form (1: none)',
      supersaturating,
      ({ c50, s }) => within(c50!, s!),
    ),
  };
}
