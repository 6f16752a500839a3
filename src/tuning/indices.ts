import { checkNumbers } from './response-matrix.js';

/**
 * One number said of a curve, or the reason why there is none. Negative responses count as 0; the
 * response to the blank image is not subtracted.
 */
export type Index = {
  readonly formula: string;
  readonly negative: 'rectified';
  readonly baseline: 'not subtracted';
} & ({ readonly value: number } | { readonly value: null; readonly reason: string });

/** What a formula gives where it is undefined. */
export interface Undefined {
  readonly reason: string;
}

/**
 * Evaluates a formula that does not change with the responses' scale, on the responses rectified
 * at 0 and relative to the largest.
 * @param responses in any unit, negative ones allowed
 * @param formula its name, as written into the index
 * @returns null with a reason when no response is above 0, or the formula is undefined
 * @throws InputError when there is no response or one is not finite
 */
export function ratioIndex(
  formula: string,
  responses: ArrayLike<number>,
  evaluate: (relative: Float64Array) => number | Undefined,
): Index {
  checkNumbers(responses, 'responses');
  const rectified = Float64Array.from(responses, (response) => Math.max(0, response));
  const peak = rectified.reduce((largest, response) => Math.max(largest, response), 0);
  const result =
    peak > 0
      ? evaluate(rectified.map((response) => response / peak))
      : { reason: 'no response is above 0' };
  const stated = { formula, negative: 'rectified', baseline: 'not subtracted' } as const;
  return typeof result === 'number'
    ? { value: result, ...stated }
    : { value: null, ...result, ...stated };
}

/**
 * First harmonic over mean, 0..2, of the responses to one static grating at N phases:
 * F1 = 2 |FFT_1| / N. Large for simple cells, small for complex ones.
 * @param phaseResponses at N >= 4 phases spaced 360 / N degrees, in order
 */
export function F1F0(phaseResponses: ArrayLike<number>): Index {
  return ratioIndex('F1 / F0 = 2 |FFT_1| / sum R over phases', phaseResponses, (relative) => {
    const phases = relative.length;
    if (phases < 4) return { reason: `needs at least 4 phases, has ${phases}` };
    const { re, im, sum } = resultant(relative, (i) => (2 * Math.PI * i) / phases);
    return (2 * Math.hypot(re, im)) / sum;
  });
}

/**
 * Sparseness over stimuli, 0 (all alike) .. 1 (one stimulus alone), Vinje & Gallant 2000.
 * @param responses to N >= 2 stimuli
 */
export function sparseness(responses: ArrayLike<number>): Index {
  const formula = '[1 - (mean R)^2 / mean(R^2)] / (1 - 1/N)';
  return ratioIndex(formula, responses, (relative) => {
    const count = relative.length;
    if (count < 2) return { reason: 'needs at least 2 stimuli' };
    let sum = 0;
    let squares = 0;
    for (const response of relative) {
      sum += response;
      squares += response * response;
    }
    return Math.max(0, (1 - (sum * sum) / (squares * count)) / (1 - 1 / count));
  });
}

/** The sum of vectors of the given weights (lengths) and angles in radians, and of the weights. */
export function resultant(
  weights: Float64Array,
  angle: (i: number) => number,
): { readonly re: number; readonly im: number; readonly sum: number } {
  let re = 0;
  let im = 0;
  let sum = 0;
  for (let i = 0; i < weights.length; i += 1) {
    re += weights[i]! * Math.cos(angle(i));
    im += weights[i]! * Math.sin(angle(i));
    sum += weights[i]!;
  }
  return { re, im, sum };
}
