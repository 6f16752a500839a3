import { InputError } from '../errors.js';
import type { Undefined } from './indices.js';
import { correlation } from './metrics.js';

/**
 * One neuron's responses to stimuli that were all presented equally often: row = repeat, column = stimulus.
 */
export interface Trials {
  readonly repeats: number;
  readonly stimuli: number;
  /** `values[repeat * stimuli + stimulus]`, in the unit of the recording, such as dF/F. */
  readonly values: Float64Array;
}

/**
 * A number derived from a neuron's repeats, or the reason why there is none. Negative responses count, and no
 * baseline is subtracted.
 */
export type Estimate = { readonly formula: string } & (
  | { readonly value: number }
  | { readonly value: null; readonly reason: string }
);

/** Formulas by what they estimate; Var and Cov over stimuli, with n - 1. */
export const FORMULAS = {
  signalPower: 'SP = [Var(sum_n R_n) - sum_n Var(R_n)] / (N (N - 1))',
  ccMax: 'sqrt(SP / Var(mean R))',
  ccNorm: 'Cov(mean R, P) / sqrt(SP Var(P))',
  fev: '(Var_total - Var_noise) / Var_total',
  feve: '1 - (MSE - Var_noise) / (Var_total - Var_noise)',
  splitHalf: 'c r / (1 + (c - 1) r), c = N / floor(N / 2)',
} as const;

/** A source of random halves, which may be seeded. */
export interface Shuffler {
  /** Puts the items into a random order, in place. */
  shuffle(items: Uint32Array): void;
}

/** The mean over repeats, `[stimuli]`. */
export function meanOverRepeats(trials: Trials): Float64Array {
  return averageRepeats(
    trials,
    Uint32Array.from({ length: trials.repeats }, (_, repeat) => repeat),
  );
}

/**
 * Signal power: how much of the variance over stimuli, in squared units of the response, is the
 * same in every repeat (Sahani & Linden 2003). An unbiased estimate, which noise may make negative.
 * @returns null with a reason where there are fewer than 2 repeats or 2 stimuli
 * @throws InputError when a response is not finite
 */
export function signalPower(trials: Trials): Estimate {
  return estimate('signalPower', trials, () => computePower(trials));
}

/**
 * CCmax, 0..1: the correlation with the mean over these repeats that a perfect model of the signal
 * is expected to reach (Schoppe et al. 2016).
 * @returns null with a reason where the signal power is not above 0, or there are too few trials
 */
export function ccMax(trials: Trials): Estimate {
  return estimate('ccMax', trials, () => computeCeiling(trials));
}

/**
 * CCnorm: the correlation of a prediction with the mean over repeats, relative to CCmax (Schoppe et
 * al. 2016). 1 for a perfect model; noise may lift it above 1.
 * @param predicted `[stimuli]`
 * @returns null with a reason where CCmax is undefined or the prediction is constant
 */
export function ccNorm(trials: Trials, predicted: ArrayLike<number>): Estimate {
  return estimate('ccNorm', trials, () => {
    const ceiling = computeCeiling(trials);
    if (typeof ceiling !== 'number') return ceiling;
    const absolute = correlation(meanOverRepeats(trials), predicted);
    return absolute === null ? { reason: 'the prediction is constant' } : absolute / ceiling;
  });
}

/**
 * FEV: the fraction of the variance of single trials that the stimulus explains (Cadena et al.
 * 2019). Noise may make it negative.
 * @returns null with a reason where all responses are equal, or there are too few trials
 */
export function fev(trials: Trials): Estimate {
  return estimate('fev', trials, () => {
    const { total, noise } = computeVariances(trials);
    return total > 0 ? (total - noise) / total : { reason: 'all responses are equal' };
  });
}

/**
 * FEVE: the fraction of the explainable variance (total less noise) that a prediction explains (Cadena
 * et al. 2019); the MSE is taken over single trials. 1 for a perfect model, below 0 for one worse than the mean.
 * @param predicted `[stimuli]`, in the unit of the responses
 * @returns null with a reason where there is no explainable variance, or there are too few trials
 */
export function feve(trials: Trials, predicted: ArrayLike<number>): Estimate {
  if (predicted.length !== trials.stimuli) {
    throw new Error(`${predicted.length} predictions do not pair with ${trials.stimuli} stimuli`);
  }
  return estimate('feve', trials, () => {
    const { total, noise } = computeVariances(trials);
    if (!(total - noise > 0)) return { reason: 'no variance is explainable: noise is all of it' };
    const error = averageTrials(trials, (response, i) => (response - predicted[i]!) ** 2);
    return 1 - (error - noise) / (total - noise);
  });
}

/**
 * Split-half reliability of the mean over all N repeats, 0..1: the correlation r between the means
 * of two halves, averaged over random splits, then stepped up by Spearman-Brown, which is
 * 2r / (1 + r) for an even N. An odd N leaves one repeat out of each split, drawn anew. A repeat is in the same half for
 * all stimuli: what shifts all responses of a repeat, such as a drift from block to block, changes no correlation of means
 * and is no noise here, as in `ccMax`, whose square this estimates.
 * @param random draws the halves
 * @returns null with a reason where the halves do not correlate above 0, or there are too few trials
 */
export function splitHalf(trials: Trials, random: Shuffler, splits = 100): Estimate {
  return estimate('splitHalf', trials, () => {
    const half = Math.floor(trials.repeats / 2);
    const order = Uint32Array.from({ length: trials.repeats }, (_, repeat) => repeat);
    let sum = 0;
    for (let split = 0; split < splits; split += 1) {
      random.shuffle(order);
      const [one, other] = [order.subarray(0, half), order.subarray(half, 2 * half)];
      const r = correlation(averageRepeats(trials, one), averageRepeats(trials, other));
      if (r === null) return { reason: 'the mean of a half is constant' };
      sum += r;
    }
    const r = sum / splits;
    if (!(r > 0)) return { reason: `the halves correlate at ${r.toFixed(3)}, not above 0` };
    return spearmanBrown(r, trials.repeats / half);
  });
}

/**
 * The reliability of a mean over `factor` times as many trials as one of reliability `r` has (Spearman 1910, Brown
 * 1910): c r / (1 + (c - 1) r).
 * @param r above 0, at most 1
 * @example
 * spearmanBrown(0.5, 2); // 0.667
 */
export function spearmanBrown(r: number, factor: number): number {
  return (factor * r) / (1 + (factor - 1) * r);
}

function estimate(
  name: keyof typeof FORMULAS,
  trials: Trials,
  evaluate: () => number | Undefined,
): Estimate {
  const { repeats, stimuli, values } = trials;
  if (values.length !== repeats * stimuli) {
    throw new Error(`${values.length} responses are not [${repeats}, ${stimuli}]`);
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const message = `is ${values[bad]}, must be a finite number`;
    const path = `repeats[${Math.floor(bad / stimuli)}][${bad % stimuli}]`;
    throw new InputError(`'repeats' cannot be analysed: ${path} ${message}`, [{ path, message }]);
  }
  const formula = FORMULAS[name];
  const result = tooFew(repeats, 'repeats') ?? tooFew(stimuli, 'stimuli') ?? evaluate();
  return typeof result === 'number'
    ? { value: result, formula }
    : { value: null, ...result, formula };
}

function tooFew(count: number, name: string): Undefined | undefined {
  return count < 2 ? { reason: `needs at least 2 ${name}, has ${count}` } : undefined;
}

function computePower(trials: Trials): number {
  const { repeats, stimuli, values } = trials;
  let single = 0;
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    single += variance(values.subarray(repeat * stimuli, (repeat + 1) * stimuli));
  }
  const summed = variance(meanOverRepeats(trials)) * repeats ** 2;
  return (summed - single) / (repeats * (repeats - 1));
}

function computeCeiling(trials: Trials): number | Undefined {
  const power = computePower(trials);
  if (!(power > 0)) return { reason: `the signal power is ${power.toPrecision(3)}, not above 0` };
  // Only rounding can make it exceed 1.
  return Math.min(1, Math.sqrt(power / variance(meanOverRepeats(trials))));
}

/** Computes the variance of single trials, and the part of it that is within stimuli. */
function computeVariances(trials: Trials): { readonly total: number; readonly noise: number } {
  const { repeats, values } = trials;
  const means = meanOverRepeats(trials);
  const within = averageTrials(trials, (response, i) => (response - means[i]!) ** 2);
  return { total: variance(values), noise: (within * repeats) / (repeats - 1) };
}

function averageTrials(
  { stimuli, values }: Trials,
  term: (response: number, stimulus: number) => number,
): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += term(values[i]!, i % stimuli);
  return sum / values.length;
}

/** Averages some repeats, `[stimuli]`. */
function averageRepeats({ stimuli, values }: Trials, repeats: Uint32Array): Float64Array {
  const mean = new Float64Array(stimuli);
  for (const repeat of repeats) {
    for (let i = 0; i < stimuli; i += 1) mean[i]! += values[repeat * stimuli + i]! / repeats.length;
  }
  return mean;
}

/** Computes the variance with n - 1, in two passes; it is exactly 0 for equal values, whatever their rounded mean. */
function variance(values: Float64Array): number {
  if (values.every((value) => value === values[0])) return 0;
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return squares / (values.length - 1);
}
