import type { Fit } from '../schemas.js';

/** Returns the converged fit that explains more of the same responses; the first if neither converged. */
export function betterFit(first: Fit, second: Fit): Fit {
  if (!second.converged) return first;
  return !first.converged || second.rSquared > first.rSquared ? second : first;
}
