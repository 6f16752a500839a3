import type { Calibration } from '../../src/models/card.js';
import { column, type ResponseMatrix } from '../../src/tuning/response-matrix.js';
import { measuredPlaces } from '../data/measured.js';

/** What an ensemble predicts for some images, and what was recorded; the same neurons in the same order. */
export interface PredictedImages {
  /** Mean over the members, [images, neurons]. */
  readonly mean: ResponseMatrix;
  /** Standard deviation over the members, [images, neurons], in the unit of the responses. */
  readonly spread: ResponseMatrix;
  /** [images, neurons]; NaN where a neuron was not measured. */
  readonly recorded: ResponseMatrix;
}

/** The interval of neuron n for the mean m with the spread s is m ± factor·sqrt(s² + residual[n]²). */
type IntervalFactor = Pick<Calibration['intervals'][number], 'nominal' | 'factor'>;

/** Intervals around the means of an ensemble. */
export interface Intervals {
  /** Without the levels for which there are too few responses, and those that need no width. */
  readonly factors: readonly IntervalFactor[];
  /** Of each neuron, in the unit of the responses: what the members err by together, so that their spread does not show it. */
  readonly residual: readonly number[];
}

/** The shares of the responses that intervals are made for. */
export const NOMINAL = [0.5, 0.8, 0.9, 0.95] as const;

/** A neuron's squared residual is at least this share of its mean squared error: a factor is not learnt on zeros. */
const LEAST_RESIDUAL = 0.01;

/**
 * Learns intervals on images that no member was trained on, by split conformal prediction (Vovk, Gammerman and Shafer
 * 2005; Lei et al. 2018): the score of a response y is |y - m| / sqrt(s² + residual²), and the factor of a level is the
 * quantile of the scores of all neurons, with the correction for their finite number.
 * @returns null where a neuron was measured for none of the images
 * @example
 * const { factors, residual } = learnIntervals({ mean, spread, recorded })!;
 * const halfWidth = factors[2]!.factor * Math.hypot(spread.values[0]!, residual[0]!); // of 90 %
 */
export function learnIntervals(images: PredictedImages): Intervals | null {
  const residual = Array.from({ length: images.mean.neurons }, (_, neuron) =>
    measureResidual(images, neuron),
  );
  if (residual.some(Number.isNaN)) return null;
  const scores = scoreResponses(images, residual).toSorted();
  const factors = NOMINAL.flatMap((nominal) => {
    const rank = Math.ceil((scores.length + 1) * nominal);
    const factor = scores[rank - 1];
    return factor !== undefined && factor > 0 ? [{ nominal, factor }] : [];
  });
  return { factors, residual };
}

/** The share of the images whose spread gives no warning, and the fewest images that it is learnt on. */
const [CALM, FEWEST] = [0.95, 20];

/**
 * Learns how far the members are apart for most natural images.
 * @param spread the standard deviation over the members for images that no member was trained on, [images, neurons]
 * @returns undefined with fewer than 20 images, and where the members never differ
 */
export function learnSpreadLimits(spread: ResponseMatrix): Calibration['spread'] {
  if (spread.stimuli < FEWEST) return undefined;
  const neurons = Array.from({ length: spread.neurons }, (_, neuron) =>
    calmest(column(spread, neuron)),
  );
  const differing = [...neurons.keys()].filter((neuron) => neurons[neuron]! > 0);
  const means = Float64Array.from({ length: spread.stimuli }, (_, image) => {
    const ratios = differing.map(
      (neuron) => spread.values[image * spread.neurons + neuron]! / neurons[neuron]!,
    );
    return ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  });
  return differing.length === 0 ? undefined : { neurons, mean: calmest(means) };
}

/** The least value that 95 % of the values do not exceed. */
function calmest(values: Float64Array): number {
  return values.toSorted()[Math.ceil(CALM * values.length) - 1]!;
}

/**
 * The share of the recorded responses within the interval of a level, 0 to 1; NaN where there is none.
 * @param factor of the level
 */
export function measureCoverage(
  images: PredictedImages,
  { residual }: Pick<Intervals, 'residual'>,
  factor: number,
): number {
  const scores = scoreResponses(images, residual);
  return scores.filter((score) => score <= factor).length / scores.length;
}

/** NaN where the neuron was measured for none of the images. */
function measureResidual({ mean, spread, recorded }: PredictedImages, neuron: number): number {
  const [means, spreads] = [column(mean, neuron), column(spread, neuron)];
  const own = column(recorded, neuron);
  const measured = measuredPlaces(own);
  const [squared, explained] = measured.reduce(
    ([error, variance], i) => [error + (own[i]! - means[i]!) ** 2, variance + spreads[i]! ** 2],
    [0, 0],
  );
  return Math.sqrt(Math.max(squared - explained, LEAST_RESIDUAL * squared) / measured.length);
}

/** The scores of the responses that were measured. */
function scoreResponses(
  { mean, spread, recorded }: PredictedImages,
  residual: readonly number[],
): Float64Array {
  return Float64Array.from(measuredPlaces(recorded.values), (i) => {
    const width = Math.hypot(spread.values[i]!, residual[i % mean.neurons]!);
    const error = Math.abs(recorded.values[i]! - mean.values[i]!);
    return error === 0 ? 0 : error / width;
  });
}
