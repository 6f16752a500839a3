import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { LRUCache } from 'lru-cache';
import { disposeModel, type LoadedModel, loadModel } from '../inference/tfjs/loaded-model.js';
import type { ModelSource } from '../models/model-source.js';
import type { Backend } from '../network/backends/open.js';
import { selectOnDevice } from '../network/device.js';
import type { Stimuli } from '../stimulus/stimuli.js';
import { maximise } from './activation-maximisation.js';
import { meanGradient } from './gradient.js';
import { interpretMembers } from './interpretation.js';
import type { InterpretedModel, Interpreter } from './interpreter.js';

/** Models that are kept on the device together. */
const MAX_MODELS = 2;

/**
 * Interprets with tfjs, in this process and on its thread. Some backends compute without a turn of the event
 * loop; signals and messages of this process are handled before each part of the work.
 * @param models where the files of a model are
 */
export function createTfjsInterpreter(
  backend: Backend,
  models: Pick<ModelSource, 'localFolder'>,
): Interpreter {
  const loaded = new LRUCache<string, LoadedModel>({
    max: MAX_MODELS,
    dispose: disposeModel,
  });

  return {
    async interpret({ model, stimuli, neurons }) {
      return await withNeurons(model, neurons, (card, members) =>
        interpretMembers(card, members, stimuli),
      );
    },
    async gradient({ model, stimuli, neuron }) {
      return await withNeurons(model, Int32Array.of(neuron), (card, members) =>
        meanGradient(card, members, stimuli),
      );
    },
    async maximise({ model, neuron, id, state, terms, until }, signal) {
      return await withNeurons(model, Int32Array.of(neuron), (card, members) => {
        const slope = async (images: Stimuli) => {
          await setImmediate();
          signal?.throwIfAborted();
          return await meanGradient(card, members, images);
        };
        return maximise(slope, state, id, terms, until);
      });
    },
    async close() {
      loaded.clear();
    },
  };

  async function withNeurons<T>(
    model: InterpretedModel,
    neurons: Int32Array,
    compute: (card: LoadedModel['card'], members: LoadedModel['members']) => Promise<T>,
  ): Promise<T> {
    await setImmediate();
    const { card, members } = await load(model);
    const chosen = members.map((parameters) => selectOnDevice(parameters, neurons));
    try {
      return await compute(card, chosen);
    } finally {
      for (const parameters of chosen) tf.dispose(parameters);
    }
  }

  async function load({ name, version, digest }: InterpretedModel): Promise<LoadedModel> {
    const known = loaded.get(digest);
    if (known) return known;
    const folder = await models.localFolder({ name, version }, digest);
    const model = await loadModel(backend, folder, digest);
    loaded.set(digest, model);
    return model;
  }
}
