import type * as tf from '@tensorflow/tfjs';
import { stimulusTensor } from '../../src/interpret/interpretation.js';
import { neuronMetrics } from '../../src/tuning/metrics.js';
import { column, type ResponseMatrix } from '../../src/tuning/response-matrix.js';
import { measuredPlaces } from '../data/measured.js';
import { type Recording, responseMatrix } from '../data/recording.js';
import type { Learner } from '../model/learner.js';

/** Images that are evaluated concurrently. */
const BATCH = 50;

/** How well one neuron is predicted; null where the measure is undefined. */
export interface Fit {
  readonly CORR: number | null;
  readonly PT_J: number | null;
  readonly PT_S: number | null;
}

/**
 * A population's responses to all images of a recording.
 * @param input what the population sees of some images, [B, ...], where it is not their pixels
 */
export async function predict(
  learner: Pick<Learner, 'respond'>,
  recording: Recording,
  neurons: number,
  input: (images: readonly number[]) => Promise<tf.Tensor4D> = async (images) =>
    stimulusTensor(await recording.stimuli(images)),
): Promise<ResponseMatrix> {
  const values = new Float32Array(recording.count * neurons);
  for (let first = 0; first < recording.count; first += BATCH) {
    const length = Math.min(BATCH, recording.count - first);
    const indices = Array.from({ length }, (_, i) => first + i);
    const stimuli = await input(indices);
    values.set(await learner.respond(stimuli), first * neurons);
    stimuli.dispose();
  }
  return { stimuli: recording.count, neurons, values };
}

/**
 * CORR, PT_J and PT_S of each neuron, over the images that it was measured for, of which there must be one.
 * @param ids the neurons' columns in the recording, one for each column of `predicted`
 */
export function evaluate(
  recording: Recording,
  ids: readonly number[],
  predicted: ResponseMatrix,
): Fit[] {
  const real = responseMatrix(recording);
  return ids.map((id, index) => {
    const responses = column(predicted, index);
    if (!responses.every(Number.isFinite)) return { CORR: null, PT_J: null, PT_S: null };
    const own = column(real, id);
    const measured = measuredPlaces(own);
    const { corr, ptJ, ptS } = neuronMetrics(
      measured.map((image) => own[image]!),
      measured.map((image) => responses[image]!),
    );
    return { CORR: corr, PT_J: ptJ, PT_S: ptS };
  });
}
