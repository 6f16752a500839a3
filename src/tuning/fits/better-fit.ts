import type { Fit } from '../schemas.js';

/** The one of two fits to the same responses that explains more of them; of none, the first. */
export function betterFit(first: Fit, second: Fit): Fit {
  if (!second.converged) return first;
  return !first.converged || second.rSquared > first.rSquared ? second : first;
}
