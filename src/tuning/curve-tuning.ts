import { ANALYSES, type DimensionName, dimensionNamed } from './dimensions/dimensions.js';
import type { Steps } from './fits/least-squares.js';
import type { CurveTuning } from './schemas.js';

/** Responses along one parameter. */
export interface Curve {
  readonly dimension: DimensionName;
  readonly values: readonly number[];
  /** One response per value, in the same order. */
  readonly responses: readonly number[];
  /** The response to the blank image, which is also the stimulus of size 0 and of contrast 0. */
  readonly blank: number;
}

/** Fits one neuron's responses along one parameter and derives indices. */
export function* tuneCurve({ dimension, values, responses, blank }: Curve): Steps<CurveTuning> {
  const zeroIsBlank = dimensionNamed(dimension)?.zeroIsBlank ?? false;
  const pairs = values
    .map((value, i) => ({ value, response: responses[i]! }))
    // The blank enters as 0 already.
    .filter(({ value }) => value !== 0 || !zeroIsBlank)
    .sort((a, b) => a.value - b.value);
  return yield* ANALYSES[dimension]({
    values: pairs.map(({ value }) => value),
    responses: pairs.map(({ response }) => response),
    blank,
  });
}
