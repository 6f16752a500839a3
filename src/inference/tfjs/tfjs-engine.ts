import type { Backend } from '../../network/backends/open.js';
import { collectGarbage } from '../../workers/collect-garbage.js';
import { createSequence } from '../../workers/in-order.js';
import type { Engine, EngineRequest } from '../engine.js';
import { disposeModel, type LoadedModel, loadModel, respond } from './loaded-model.js';

/** An engine that computes with tfjs, in this process and on its thread. */
export function createTfjsEngine(backend: Backend): Engine {
  const models = new Map<string, LoadedModel>();
  // There is memory for one batch, and a model is not unloaded while it computes.
  const inTurn = createSequence();

  return {
    description: { name: backend.name, device: backend.device, precision: 'float32' },

    async load(folder, digest) {
      if (models.has(digest)) return;
      models.set(digest, await loadModel(backend, folder, digest));
      collectGarbage();
    },

    async unload(digest) {
      await inTurn(async () => {
        const model = models.get(digest);
        if (model) disposeModel(model);
        models.delete(digest);
        collectGarbage();
      });
    },

    respond({ digest, stimuli, neurons }: EngineRequest) {
      return inTurn(async () => {
        const model = models.get(digest);
        if (model === undefined) throw new Error(`model ${digest} is not loaded`);
        return await respond(backend, model, stimuli, neurons);
      });
    },

    async close() {
      for (const model of models.values()) disposeModel(model);
      models.clear();
    },
  };
}
