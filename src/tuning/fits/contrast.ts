import type { Fit } from '../schemas.js';
import { nakaRushton, saturation, supersaturating } from './functions.js';
import { fitInSteps, type Model, type Steps } from './least-squares.js';

const MAX_EXPONENT = 12;
const EXPONENTS = [1, 2.5, 5];
/** The range of c50 exceeds the presented contrasts by this factor at both ends. */
const RANGE_FACTOR = 10;

/** x is log c, and the fitted parameter is log c50. */
const NAKA_RUSHTON: Omit<Model, 'min' | 'max'> = {
  formula: 'b + Rmax c^n / (c50^n + c^n)',
  names: ['b', 'Rmax', 'c50', 'n'],
  amplitudes: ['Rmax'],
  value: nakaRushton,
  partials: ([, rmax, half, n]) => {
    return (logC) => {
      const [share] = saturation(logC - half!, n!, 1);
      const slope = rmax! * share * (1 - share);
      return [1, share, -slope * n!, slope === 0 ? 0 : slope * (logC - half!)];
    };
  },
};

const SUPERSATURATING: Omit<Model, 'min' | 'max'> = {
  formula: 'b + A u^n / (1 + u^(s n)), u = c / c50, s >= 1',
  names: ['b', 'A', 'c50', 'n', 's'],
  amplitudes: ['A'],
  value: supersaturating,
  partials: ([, a, half, n, s]) => {
    return (logC) => {
      const [shape, pool] = saturation(logC - half!, n!, s!);
      if (shape === 0) return [1, 0, 0, 0, 0];
      const response = a! * shape;
      const [slope, logU] = [response * (1 - s! * pool), logC - half!];
      return [1, shape, -slope * n!, slope * logU, -response * pool * n! * logU];
    };
  },
};

/**
 * Fits the function of Naka and Rushton.
 * @param contrasts 0..1, including 0 with the response to the blank
 */
export function* fitNakaRushton(
  contrasts: readonly number[],
  responses: readonly number[],
): Steps<Fit> {
  const starts = EXPONENTS.map((n) => [0, 1.1, estimateLogC50(contrasts, responses), n]);
  const [low, high] = c50Range(contrasts);
  const min = [-5, 0, low, 0.1];
  const model = { ...NAKA_RUSHTON, min, max: [2, 100, high, MAX_EXPONENT] };
  return yield* fitLog(model, contrasts, responses, starts);
}

/**
 * Fits the form with a second exponent (Peirce 2007), whose response falls again at high contrast
 * where s > 1. In his terms Rmax = A c50^(n (s - 1)).
 * @param contrasts as in `fitNakaRushton`
 */
export function* fitSupersaturating(
  contrasts: readonly number[],
  responses: readonly number[],
): Steps<Fit> {
  const half = estimateLogC50(contrasts, responses);
  const starts = [1.05, 1.5].flatMap((s) => [1.2, 3].map((n) => [0, 1.5, half, n, s]));
  const [low, high] = c50Range(contrasts);
  const min = [-5, 0, low, 0.1, 1];
  const model = { ...SUPERSATURATING, min, max: [2, 100, high, MAX_EXPONENT, 4] };
  return yield* fitLog(model, contrasts, responses, starts);
}

function* fitLog(
  model: Model,
  contrasts: readonly number[],
  responses: readonly number[],
  starts: readonly (readonly number[])[],
): Steps<Fit> {
  const fit = yield* fitInSteps(model, contrasts.map(Math.log), responses, starts);
  if (fit.parameters === null) return fit;
  return { ...fit, parameters: { ...fit.parameters, c50: Math.exp(fit.parameters['c50']!) } };
}

function c50Range(contrasts: readonly number[]): readonly [low: number, high: number] {
  const presented = contrasts.filter((contrast) => contrast > 0);
  return [
    Math.log(Math.min(...presented) / RANGE_FACTOR),
    Math.log(Math.max(...presented) * RANGE_FACTOR),
  ];
}

/** Log of the smallest contrast above 0 whose response is half way from the smallest to the largest. */
function estimateLogC50(contrasts: readonly number[], responses: readonly number[]): number {
  const middle = (Math.min(...responses) + Math.max(...responses)) / 2;
  const reaching = contrasts.filter((c, i) => c > 0 && responses[i]! >= middle);
  return Math.log(reaching.length > 0 ? Math.min(...reaching) : Math.max(...contrasts) / 2);
}
