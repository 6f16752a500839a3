import type { Weights } from '../../src/models/saved-model.js';
import { type Architecture, READOUTS } from '../../src/network/architecture.js';
import { column, type ResponseMatrix } from '../../src/tuning/response-matrix.js';
import { measuredPlaces } from '../data/measured.js';
import { type Recording, responseMatrix } from '../data/recording.js';

/** The responses of each neuron in its own scale: `(response - mean) / deviation`. */
export interface ResponseScale {
  /** In the unit of the recording. */
  readonly mean: number;
  /** Standard deviation over the images, in the unit of the recording; above 0. */
  readonly deviation: number;
}

/** What leaves responses as they were recorded. */
export const AS_RECORDED: ResponseScale = { mean: 0, deviation: 1 };

/**
 * The scale in which a neuron's responses have a mean of 0 and a standard deviation of 1, over the images that it was
 * measured for.
 * @param id column of the recording
 * @returns `AS_RECORDED` where the responses are all the same
 * @example
 * measureScale(recording, 0) // responses 10, 20 and 30: { mean: 20, deviation: 8.16… }
 */
export function measureScale(recording: Recording, id: number): ResponseScale {
  const responses = column(responseMatrix(recording), id);
  const measured = measuredPlaces(responses).map((image) => responses[image]!);
  const mean = average(measured);
  const deviation = Math.sqrt(average(measured.map((response) => (response - mean) ** 2)));
  return deviation > 0 ? { mean, deviation } : AS_RECORDED;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A response in a neuron's own scale. */
export function toScale(response: number, { mean, deviation }: ResponseScale): number {
  return (response - mean) / deviation;
}

/**
 * Responses in the unit of the recording, of those in each neuron's own scale.
 * @param scales one for each column
 */
export function fromScale(
  { stimuli, neurons, values }: ResponseMatrix,
  scales: readonly ResponseScale[],
): ResponseMatrix {
  const recorded = Float32Array.from(values, (value, i) => {
    const { mean, deviation } = scales[i % neurons]!;
    return value * deviation + mean;
  });
  return { stimuli, neurons, values: recorded };
}

/**
 * Networks whose responses are in the unit of the recording, of networks that respond in each neuron's own scale: the
 * last linear map of the readout takes in the scale.
 * @param weights [N, ...] each
 * @param scales one for each of the N neurons
 */
export function foldScale(
  architecture: Pick<Architecture, 'readout'>,
  weights: Weights,
  scales: readonly ResponseScale[],
): Weights {
  return mapLast(architecture, weights, FOLD, scales);
}

/** Undoes `foldScale`: networks that respond in each neuron's own scale. */
export function unfoldScale(
  architecture: Pick<Architecture, 'readout'>,
  weights: Weights,
  scales: readonly ResponseScale[],
): Weights {
  return mapLast(architecture, weights, UNFOLD, scales);
}

/** What becomes of a parameter of the last linear map. */
interface Change {
  weight(value: number, scale: ResponseScale): number;
  bias(value: number, scale: ResponseScale): number;
}

const FOLD: Change = {
  weight: (value, { deviation }) => value * deviation,
  bias: (value, { mean, deviation }) => value * deviation + mean,
};

const UNFOLD: Change = {
  weight: (value, { deviation }) => value / deviation,
  bias: (value, { mean, deviation }) => (value - mean) / deviation,
};

function mapLast(
  { readout }: Pick<Architecture, 'readout'>,
  weights: Weights,
  change: Change,
  scales: readonly ResponseScale[],
): Weights {
  const { last } = READOUTS[readout];
  const changed = new Map(weights);
  for (const part of ['weight', 'bias'] as const) {
    const name = `${last}.${part}`;
    const { shape, data } = weights.get(name)!;
    const each = data.length / scales.length;
    const values = data.map((value, i) => change[part](value, scales[Math.floor(i / each)]!));
    changed.set(name, { shape, data: values });
  }
  return changed;
}
