import * as tf from '@tensorflow/tfjs';
import { populationSize, respondByMembers } from '../../models/members.js';
import type { NativeCard } from '../../models/native-card.js';
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
  readonly card: NativeCard;
  /** Of each member, on the device, the neurons stacked on the first axis; the caller disposes of them. */
  readonly members: readonly Parameters[];
}

/** A member of an ensemble, or a model that is none. */
interface Member {
  readonly card: NativeCard;
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
  const verified = await readVerified(folder, digest);
  const { card } = verified;
  const model = { card, members: verified.members.map(toDevice) };
  try {
    const neurons = Int32Array.from(card.neurons.keys());
    checkGolden(card, await respond(backend, model, goldenStimuli(card), neurons));
  } catch (error) {
    disposeModel(model);
    throw error;
  }
  return model;
}

/** Frees the memory of the device. */
export function disposeModel({ members }: LoadedModel): void {
  for (const parameters of members) tf.dispose(parameters);
}

/**
 * @param columns of neurons, and of members of an ensemble
 * @returns [stimuli, columns], computed in groups that bound the memory
 */
export async function respond(
  backend: Backend,
  { card, members }: LoadedModel,
  stimuli: Stimuli,
  columns: Int32Array,
): Promise<Float32Array> {
  const population = populationSize(card);
  return await respondByMembers(population, columns, async (networks) => {
    const values = new Float32Array(stimuli.count * networks.length);
    for (const [index, parameters] of members.entries()) {
      const first = index * population.neurons;
      const isOwn = (network: number) => network >= first && network < first + population.neurons;
      const places = [...networks.keys()].filter((place) => isOwn(networks[place]!));
      if (places.length === 0) continue;
      const neurons = Int32Array.from(places, (place) => networks[place]! - first);
      const own = await respondAlone(backend, { card, parameters }, stimuli, neurons);
      for (let row = 0; row < stimuli.count; row++) {
        for (const [i, place] of places.entries()) {
          values[row * networks.length + place] = own[row * places.length + i]!;
        }
      }
    }
    return values;
  });
}

/** @returns [stimuli, neurons] */
async function respondAlone(
  backend: Backend,
  member: Member,
  stimuli: Stimuli,
  neurons: Int32Array,
): Promise<Float32Array> {
  return isShared(member.card.architecture)
    ? await respondByCore(member, stimuli, neurons)
    : await respondByNetworks(backend, member, stimuli, neurons);
}

/**
 * Computes the readouts of all neurons together, image by image, and takes those that are wanted: how a matrix product
 * rounds depends on its size.
 */
async function respondByCore(
  { card, parameters }: Member,
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
  { architecture, stimulus: { scale, offset } }: NativeCard,
  parameters: Parameters,
  { count, height, width, channels, pixels }: Stimuli,
): Promise<Float32Array> {
  const responses = tf.tidy(() => {
    const x = tf.tensor4d(pixels, [count, height, width, channels]);
    return forward(architecture, parameters, x.mul(scale).add(offset)).responses; // [B, N]
  });
  const values = await responses.data<'float32'>();
  responses.dispose();
  return values;
}

async function respondByNetworks(
  backend: Backend,
  { card, parameters }: Member,
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
