import { InputError } from '../errors.js';
import { checkNumbers } from './response-matrix.js';

/** How well the peak of a neuron's tuning is predicted, see {@link peakTuning}. */
export interface PeakTuningMetrics {
  /** k-th largest real response. */
  readonly theta: number;
  /** PT_J, joint peak tuning, 0..1; null where it is undefined. */
  readonly ptJ: number | null;
  /** PT_S, separate peak tuning, 0..1; null where it is undefined. */
  readonly ptS: number | null;
  /** The reason why PT_J, or PT_J and PT_S, are undefined. */
  readonly peakReason?: string;
}

/** One neuron's agreement between real and predicted responses. */
export interface NeuronMetrics extends PeakTuningMetrics {
  /** CORR, -1..1; null where {@link correlation} is undefined. */
  readonly corr: number | null;
  /** The reason why CORR is undefined. */
  readonly corrReason?: string;
}

/**
 * Pearson correlation of two lists of equal length, in float64 and two passes, -1..1.
 * @returns null exactly when either list is constant (one element counts as constant)
 * @throws InputError when either is empty or not finite
 */
export function correlation(real: ArrayLike<number>, predicted: ArrayLike<number>): number | null {
  checkLists(real, predicted);
  const x = deviations(real);
  const y = deviations(predicted);
  if (x === null || y === null) return null;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i += 1) {
    xy += x[i]! * y[i]!;
    xx += x[i]! * x[i]!;
    yy += y[i]! * y[i]!;
  }
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

/**
 * Joint and separate peak tuning (Lin et al. 2024, arXiv 2406.07843). theta is the k-th largest
 * real response; PT_J is the share of the k stimuli with the largest real response whose predicted
 * response reaches theta; PT_S is the share of the k largest predicted responses that reach theta.
 * If more real responses equal theta than the k stimuli include, the choice of the k depends on the order of
 * the stimuli. PT_J is then undefined, unless every choice gives the same value. Both are undefined if theta
 * is also the smallest real response, as in constant responses: every stimulus reaches it.
 * @param k 1..length, by default 1 % of the stimuli
 * @param order `descending(real)`, if the caller already has it
 * @throws InputError when either list is empty or not finite, or k is out of range
 */
export function peakTuning(
  real: ArrayLike<number>,
  predicted: ArrayLike<number>,
  k?: number,
  order: Uint32Array = descending(real),
): PeakTuningMetrics {
  checkLists(real, predicted);
  const count = peakCount(real.length, k);
  const theta = real[order[count - 1]!]!;
  const ties = tiesAt(real, order, count);
  if (ties > 0 && count + ties === order.length) {
    const peakReason = `the real responses have no peak: the ${count} largest end at the smallest, ${theta}`;
    return { theta, ptJ: null, ptS: null, peakReason };
  }
  let reached = 0;
  for (let i = 0; i < predicted.length; i += 1) if (predicted[i]! >= theta) reached += 1;
  const ptS = Math.min(count, reached) / count;
  const [min, max] = jointCounts(real, predicted, order, count + ties, count);
  if (min === max) return { theta, ptJ: min / count, ptS };
  const peakReason =
    `PT_J depends on the order of the stimuli: ${ties} more have the k-th largest real response, ` +
    `${theta}; it is from ${min / count} to ${max / count}`;
  return { theta, ptJ: null, ptS, peakReason };
}

/**
 * Counts the k stimuli whose predicted response reaches theta: the smallest and the largest count over all
 * choices of the k among the stimuli that tie for the last places.
 * @param end the number of stimuli with a real response of at least theta
 */
function jointCounts(
  real: ArrayLike<number>,
  predicted: ArrayLike<number>,
  order: Uint32Array,
  end: number,
  k: number,
): [min: number, max: number] {
  const theta = real[order[k - 1]!]!;
  let above = 0;
  let certain = 0;
  let tied = 0;
  for (const stimulus of order.subarray(0, end)) {
    const reaches = predicted[stimulus]! >= theta;
    if (real[stimulus]! > theta) above += 1;
    if (!reaches) continue;
    if (real[stimulus]! > theta) certain += 1;
    else tied += 1;
  }
  const places = k - above;
  const missing = end - above - tied;
  return [certain + Math.max(0, places - missing), certain + Math.min(places, tied)];
}

/** Computes CORR, theta, PT_J and PT_S of one neuron; parameters and errors are those of {@link peakTuning}. */
export function neuronMetrics(
  real: ArrayLike<number>,
  predicted: ArrayLike<number>,
  k?: number,
  order?: Uint32Array,
): NeuronMetrics {
  const peak = peakTuning(real, predicted, k, order);
  const corr = correlation(real, predicted);
  if (corr !== null) return { corr, ...peak };
  return { corr, corrReason: 'the real or the predicted responses are constant', ...peak };
}

/**
 * Returns the number of stimuli in the peak: k itself, or 1 % of the stimuli, rounded, at least 1.
 * @throws InputError when k is not a whole number in 1..stimuli
 */
export function peakCount(stimuli: number, k?: number): number {
  if (k === undefined) return Math.max(1, Math.round(stimuli / 100));
  if (Number.isInteger(k) && k >= 1 && k <= stimuli) return k;
  const message = `must be a whole number from 1 to the number of stimuli, ${stimuli}; is ${k}`;
  throw new InputError(`k ${message}`, [{ path: 'k', message }]);
}

/** Counts the values that equal the k-th largest without being among the k largest. */
export function tiesAt(values: ArrayLike<number>, order: Uint32Array, k: number): number {
  const theta = values[order[k - 1]!]!;
  let rank = k;
  while (rank < order.length && values[order[rank]!] === theta) rank += 1;
  return rank - k;
}

/** Returns the indices of the values in descending order; equal values keep their order. */
export function descending(values: ArrayLike<number>): Uint32Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i);
  return order.sort((a, b) => values[b]! - values[a]! || a - b);
}

/** Computes deviations from the mean, scaled to about 1 so that no square over- or underflows; null for constants. */
function deviations(values: ArrayLike<number>): Float64Array | null {
  let largest = 0;
  for (let i = 0; i < values.length; i += 1) largest = Math.max(largest, Math.abs(values[i]!));
  // Dividing by a power of two loses no digit, which matters where the mean dwarfs the deviations.
  const scale = 2 ** Math.min(1023, Math.floor(Math.log2(largest)));
  let constant = true;
  let mean = 0;
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] !== values[0]) constant = false;
    mean += values[i]! / scale / values.length;
  }
  // Rounding changes the mean of equal values, and rounding errors would then correlate.
  if (constant) return null;
  return Float64Array.from(values, (value) => value / scale - mean);
}

function checkLists(real: ArrayLike<number>, predicted: ArrayLike<number>): void {
  checkNumbers(real, 'responses');
  checkNumbers(predicted, 'predicted');
  if (real.length !== predicted.length) {
    throw new Error(`${real.length} real responses do not pair with ${predicted.length} predicted`);
  }
}
