import { InputError } from '../../errors.js';
import type { ResponseMatrix } from '../../tuning/response-matrix.js';

/** Recorded responses of any shape, as the request has them. */
export interface SentResponses {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/**
 * Reads the recorded responses to a stimulus set.
 * @throws InputError if they are not `[stimuli, neurons of the model]`
 */
export function realResponses(
  { shape, values }: SentResponses,
  stimuli: number,
  neurons: number,
): ResponseMatrix {
  if (shape.length !== 2 || shape[0] !== stimuli || shape[1] !== neurons) {
    const message =
      `must have the shape (stimuli, neurons of the model) = (${stimuli}, ${neurons}), has ` +
      `(${shape.join(', ')})`;
    throw new InputError(`responses ${message}`, [{ path: 'responses', message }]);
  }
  return { stimuli, neurons, values };
}
