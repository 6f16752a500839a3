import * as tf from '@tensorflow/tfjs';
import type { ModelCard } from '../../models/card.js';
import { isShared } from '../../network/any-architecture.js';
import type { Backend } from '../../network/backends/open.js';
import type { Parameters } from '../../network/block-pass.js';
import { selectOnDevice, toDevice } from '../../network/device.js';
import { forward } from '../../network/forward.js';
import { type Stimuli, sliceStimuli } from '../../stimulus/stimuli.js';
import { checkGolden, goldenStimuli } from '../golden-check.js';
import { readVerified } from '../verified-model.js';

/** Networks x images that are computed together: it bounds the memory of the first block's maps. */
const MAX_NETWORKS = 128;

/** Images that are computed together, with so many neurons. */
function imagesPerBatch({ isBatchInvariant }: Backend, neurons: number): number {
  return isBatchInvariant ? Math.floor(MAX_NETWORKS / neurons) : 1;
}

/** A model whose golden responses hold on the backend that is open. */
export interface LoadedModel {
  readonly card: ModelCard;
  /** On the device, the neurons stacked on the first axis; the caller disposes of them. */
  readonly parameters: Parameters;
}

/**
 * Loads the model in a folder whose card has the given digest.
 * @throws InputError when the weights or the golden responses do not hold
 */
export async function loadModel(
  backend: Backend,
  folder: string,
  digest: string,
): Promise<LoadedModel> {
  const { card, weights } = await readVerified(folder, digest);
  const model = { card, parameters: toDevice(weights) };
  try {
    const neurons = Int32Array.from(card.neurons.keys());
    checkGolden(card, await respond(backend, model, goldenStimuli(card), neurons));
  } catch (error) {
    tf.dispose(model.parameters);
    throw error;
  }
  return model;
}

/** @returns [stimuli, neurons], computed in groups that bound the memory */
export async function respond(
  backend: Backend,
  model: LoadedModel,
  stimuli: Stimuli,
  neurons: Int32Array,
): Promise<Float32Array> {
  return isShared(model.card.architecture)
    ? await respondByCore(model, stimuli, neurons)
    : await respondByNetworks(backend, model, stimuli, neurons);
}

/**
 * Computes the readouts of all neurons together, image by image, and takes those that are wanted: how a matrix product
 * rounds depends on its size.
 */
async function respondByCore(
  { card, parameters }: LoadedModel,
  stimuli: Stimuli,
  neurons: Int32Array,
): Promise<Float32Array> {
  const values = new Float32Array(stimuli.count * neurons.length);
  for (let image = 0; image < stimuli.count; image++) {
    const all = await compute(card, parameters, sliceStimuli(stimuli, image, image + 1));
    for (const [i, neuron] of neurons.entries()) values[image * neurons.length + i] = all[neuron]!;
  }
  return values;
}

/** @returns [stimuli, neurons of the parameters] */
async function compute(
  { architecture, stimulus: { scale, offset } }: ModelCard,
  parameters: Parameters,
  { count, height, width, pixels }: Stimuli,
): Promise<Float32Array> {
  const responses = tf.tidy(() => {
    const x = tf.tensor4d(pixels, [count, height, width, 1]);
    return forward(architecture, parameters, x.mul(scale).add(offset)).responses; // [B, N]
  });
  const values = await responses.data<'float32'>();
  responses.dispose();
  return values;
}

async function respondByNetworks(
  backend: Backend,
  { card, parameters }: LoadedModel,
  stimuli: Stimuli,
  neurons: Int32Array,
): Promise<Float32Array> {
  const { count } = stimuli;
  const values = new Float32Array(count * neurons.length);
  for (let first = 0; first < neurons.length; first += MAX_NETWORKS) {
    const group = neurons.subarray(first, first + MAX_NETWORKS);
    const images = imagesPerBatch(backend, group.length);
    const chosen = selectOnDevice(parameters, group);
    for (let from = 0; from < count; from += images) {
      const batch = sliceStimuli(stimuli, from, Math.min(count, from + images));
      const rows = await compute(card, chosen, batch);
      for (let row = 0; row < batch.count; row++) {
        const own = rows.subarray(row * group.length, (row + 1) * group.length);
        values.set(own, (from + row) * neurons.length + first);
      }
    }
    tf.dispose(chosen);
  }
  return values;
}
