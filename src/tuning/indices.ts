import { checkNumbers } from './response-matrix.js';
import type { Fit, Index } from './schemas.js';

/** A fit that explains less than this share of the variance gives no index. */
const MIN_R_SQUARED = 0.5;

/** The result of a formula that is undefined. */
export interface Undefined {
  readonly reason: string;
}

/**
 * Evaluates a formula that does not depend on the scale of the responses, on the responses rectified at 0
 * and relative to the largest. If some are negative, it is also evaluated on the unchanged responses.
 * @param responses in any unit, negative ones allowed
 * @param formula the formula as text, for the index
 * @param baseline what was subtracted from the responses, for the index
 * @returns null with a reason when no response is above 0, or the formula is undefined
 * @throws InputError when there is no response or one is not finite
 */
export function ratioIndex(
  formula: string,
  responses: ArrayLike<number>,
  evaluate: (relative: Float64Array) => number | Undefined,
  baseline: Index['baseline'] = 'not subtracted',
): Index {
  checkNumbers(responses, 'responses');
  const all = Float64Array.from(responses);
  const peak = all.reduce((largest, response) => Math.max(largest, response), 0);
  const rectified = all.map((response) => Math.max(0, response) / peak);
  const none = baseline === 'blank subtracted' ? 'exceeds that to the blank' : 'is above 0';
  const result = peak > 0 ? evaluate(rectified) : { reason: `no response ${none}` };
  const stated = { formula, negative: 'rectified', baseline } as const;
  if (typeof result !== 'number') return { value: null, ...result, ...stated };
  if (all.every((response) => response >= 0)) return { value: result, ...stated };
  const raw = evaluate(all.map((response) => response / peak));
  const unrectified = typeof raw === 'number' && Number.isFinite(raw) ? { raw } : {};
  return { value: result, ...unrectified, ...stated };
}

/**
 * Evaluates a formula on the parameters of a fit, which kept negative responses.
 * @returns null with a reason when the fit did not converge, explains less than half of the variance,
 *   or the formula is undefined
 */
export function fitIndex(
  formula: string,
  fit: Fit,
  evaluate: (parameters: Readonly<Record<string, number>>) => number | Undefined,
): Index {
  const stated = { formula, negative: 'kept', baseline: 'fitted b' } as const;
  const result = evaluateFit(fit, evaluate);
  return typeof result === 'number'
    ? { value: result, ...stated }
    : { value: null, ...result, ...stated };
}

function evaluateFit(
  fit: Fit,
  evaluate: (parameters: Readonly<Record<string, number>>) => number | Undefined,
): number | Undefined {
  if (fit.parameters === null) return { reason: `nothing was fitted: ${fit.reason}` };
  if (!fit.converged) return { reason: 'the fit did not converge' };
  if (fit.rSquared < MIN_R_SQUARED) {
    const percent = Math.round(100 * fit.rSquared);
    return { reason: `the fit explains only ${percent} % of the variance` };
  }
  return evaluate(fit.parameters);
}

/**
 * First harmonic over mean, 0..2, of the responses above the blank to one static grating at N phases:
 * F1 = 2 |FFT_1| / N. Above 1 for simple cells, below for complex ones (Skottun et al. 1991). The blank is
 * subtracted because the response to no stimulus is not modulated and would hide the modulation of a simple
 * cell.
 * @param phaseResponses at N >= 4 phases spaced 360 / N degrees, in order
 * @param blank the response to the blank image
 * @param at the swept parameters of that grating, for the index
 */
export function F1F0(
  phaseResponses: ArrayLike<number>,
  blank: number,
  at?: Readonly<Record<string, number>>,
): Index {
  const above = Float64Array.from(phaseResponses, (response) => response - blank);
  const index = ratioIndex(
    'F1 / F0 = 2 |FFT_1| / sum of R - R_blank over phases',
    above,
    (relative) => {
      const phases = relative.length;
      if (phases < 4) return { reason: `needs at least 4 phases, has ${phases}` };
      const { re, im, sum } = resultant(relative, (i) => (2 * Math.PI * i) / phases);
      return (2 * Math.hypot(re, im)) / sum;
    },
    'blank subtracted',
  );
  return at ? { ...index, at } : index;
}

/**
 * Computes the sparseness over stimuli, 0 (equal responses) .. 1 (a response to one stimulus only), Vinje &
 * Gallant 2000.
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

/** Sums vectors, whose lengths are the weights and whose angles are in radians, and sums the weights. */
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
