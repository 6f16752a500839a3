import * as tf from '@tensorflow/tfjs';
import { populationSize, respondByMembers } from '../../models/members.js';
import type { NativeCard } from '../../models/native-card.js';
import type { Backend } from '../../network/backends/open.js';
import type { Parameters } from '../../network/block-pass.js';
import { toDevice } from '../../network/device.js';
import type { Stimuli } from '../../stimulus/stimuli.js';
import { checkGolden, goldenStimuli } from '../golden-check.js';
import { readVerified } from '../verified-model.js';
import { respondAlone } from './respond-alone.js';

/** A model whose golden responses hold on the backend that is open. */
export interface LoadedModel {
  readonly card: NativeCard;
  /** Of each member, on the device, the neurons stacked on the first axis; the caller disposes of them. */
  readonly members: readonly Parameters[];
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
      const { architecture, stimulus } = card;
      const { scale, offset } = stimulus;
      const member = { architecture, scale, offset, parameters };
      const own = await respondAlone(backend, member, stimuli, neurons);
      for (let row = 0; row < stimuli.count; row++) {
        for (const [i, place] of places.entries()) {
          values[row * networks.length + place] = own[row * places.length + i]!;
        }
      }
    }
    return values;
  });
}
