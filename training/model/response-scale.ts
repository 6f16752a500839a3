import type { Weights } from '../../src/models/saved-model.js';
import type { AnyArchitecture } from '../../src/network/any-architecture.js';
import { READOUTS } from '../../src/network/architecture.js';
import { column, type ResponseMatrix } from '../../src/tuning/response-matrix.js';
import { measuredPlaces } from '../data/measured.js';
import { type Recording, responseMatrix } from '../data/recording.js';

/** The responses of each neuron in its own scale: `(response - mean) / unit`. */
export interface ResponseScale {
  /** In the unit of the recording. */
  readonly mean: number;
  /** What 1 in this scale is in the unit of the recording; above 0, or 0 where the network was not trained. */
  readonly unit: number;
}

/**
 * Standard deviation of a neuron's responses in its own scale. The paper's recordings have this one (0.103 and 0.104 in
 * its site of V1), so that its learning rate fits; with 1 the peaks of the tuning are reached much later.
 */
const OWN_DEVIATION = 0.1;

/** What leaves responses as they were recorded. */
export const AS_RECORDED: ResponseScale = { mean: 0, unit: 1 };

/**
 * The scale in which a neuron's responses have a mean of 0 and a standard deviation of 0.1, over the images that it was
 * measured for.
 * @param id column of the recording
 * @param ownDeviation standard deviation in that scale
 * @returns `AS_RECORDED` where the responses are all the same
 * @example
 * measureScale(recording, 0) // responses 10, 20 and 30: { mean: 20, unit: 81.6… }
 */
export function measureScale(
  recording: Recording,
  id: number,
  ownDeviation = OWN_DEVIATION,
): ResponseScale {
  const responses = column(responseMatrix(recording), id);
  const measured = measuredPlaces(responses).map((image) => responses[image]!);
  const mean = average(measured);
  const deviation = Math.sqrt(average(measured.map((response) => (response - mean) ** 2)));
  return deviation > 0 ? { mean, unit: deviation / ownDeviation } : AS_RECORDED;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The scale in which the mean of a neuron's predictions is that of its responses, over the images that it was measured
 * for.
 * @param scale of the predictions
 * @param predicted of each image, in that scale
 */
export function levelScale(
  scale: ResponseScale,
  recording: Recording,
  id: number,
  predicted: ArrayLike<number>,
): ResponseScale {
  const responses = column(responseMatrix(recording), id);
  const errors = measuredPlaces(responses).map(
    (image) => toScale(responses[image]!, scale) - predicted[image]!,
  );
  return { ...scale, mean: scale.mean + scale.unit * average(errors) };
}

/**
 * Scales with those of neurons whose networks were not trained: they respond with the mean of the recorded responses,
 * whatever they see.
 * @param scales of all neurons
 * @param neurons with the epoch that was kept of each
 */
export function scalesWithUntrained(
  { output }: LastMap,
  scales: ReadonlyMap<number, ResponseScale>,
  recording: Recording,
  neurons: readonly { readonly id: number; readonly keptEpoch: number | null }[],
): Map<number, ResponseScale> {
  const untrained = neurons.flatMap(({ id, keptEpoch }) => {
    if (keptEpoch !== null) return [];
    const responses = column(responseMatrix(recording), id);
    const measured = measuredPlaces(responses).map((image) => responses[image]!);
    const constant = measured.length === 0 ? 0 : average(measured);
    const mean = output === 'softplus' ? inverseSoftplus(constant) : constant;
    return [[id, { mean, unit: 0 }] as const];
  });
  return new Map([...scales, ...untrained]);
}

/** What softplus makes a rate of; of 0, of a very small one. */
function inverseSoftplus(rate: number): number {
  return rate > LARGE_RATE ? rate : Math.log(Math.expm1(Math.max(rate, SMALL_RATE)));
}

/** Rates beyond these are the same in float32 before softplus and after it, or as good as 0. */
const [SMALL_RATE, LARGE_RATE] = [1e-8, 30];

/** A response in a neuron's own scale. */
export function toScale(response: number, { mean, unit }: ResponseScale): number {
  return (response - mean) / unit;
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
    const { mean, unit } = scales[i % neurons]!;
    return value * unit + mean;
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
  architecture: LastMap,
  weights: Weights,
  scales: readonly ResponseScale[],
): Weights {
  return mapLast(architecture, weights, FOLD, scales);
}

/** Undoes `foldScale`: networks that respond in each neuron's own scale. */
export function unfoldScale(
  architecture: LastMap,
  weights: Weights,
  scales: readonly ResponseScale[],
): Weights {
  return mapLast(architecture, weights, UNFOLD, scales);
}

/** What the last linear map of an architecture depends on. */
type LastMap = Pick<AnyArchitecture, 'readout'> & Partial<Pick<AnyArchitecture, 'output'>>;

function lastMap({ readout, output }: LastMap): string {
  if (output === 'scaled_softplus') return 'output';
  return readout === 'gaussian' || readout === 'whole' ? 'readout' : READOUTS[readout].last;
}

/** What becomes of a parameter of the last linear map. */
interface Change {
  weight(value: number, scale: ResponseScale): number;
  bias(value: number, scale: ResponseScale): number;
}

const FOLD: Change = {
  weight: (value, { unit }) => value * unit,
  bias: (value, { mean, unit }) => value * unit + mean,
};

const UNFOLD: Change = {
  weight: (value, { unit }) => value / unit,
  bias: (value, { mean, unit }) => (value - mean) / unit,
};

function mapLast(
  architecture: LastMap,
  weights: Weights,
  change: Change,
  scales: readonly ResponseScale[],
): Weights {
  const last = lastMap(architecture);
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
