import type { ExperimentContext } from '../experiments/context.js';
import type { ServedModel } from '../inference/catalogue.js';
import type { EngineDescription } from '../inference/engine.js';
import { type EngineChoice, openEngine } from '../inference/open-engine.js';
import type { Interpreter } from '../interpret/interpreter.js';
import { interpreterBackend } from '../interpret/interpreter-backend.js';
import type { SavedModel } from '../models/saved-model.js';
import type { BackendName } from '../network/backends/index.js';
import { openBackend } from '../network/backends/open.js';

/** An engine and an interpreter that compute in this process, without a service. */
export interface LocalEngine {
  readonly description: EngineDescription;
  /**
   * Loads a model, in place of the one before.
   * @param interprets whether its experiments need gradients or attention
   * @throws InputError when the model cannot be used
   */
  load(saved: SavedModel, interprets: boolean): Promise<LocalModel>;
  close(): Promise<void>;
}

/** A model that this process computes. */
export interface LocalModel {
  readonly model: ServedModel;
  /** How this process runs experiments on the model; the caller adds what else they need. */
  readonly parts: Pick<ExperimentContext, 'respond'> &
    Partial<Pick<ExperimentContext, 'interpreter'>>;
}

export interface LocalEngineOptions extends EngineChoice {
  /** What computes gradients and attention, as the setting INSIDE_BACKEND of the service. */
  readonly backend: BackendName | 'auto';
}

/**
 * Opens the engine that computes in this process; the interpreter is opened when it is needed first.
 * @throws InputError when the engine does not work on this machine
 * @example
 * const engine = await openLocalEngine({ engine: 'auto', threads: 2, backend: 'auto' });
 * const { model, parts } = await engine.load(await findModel('models/demo'), false);
 * const plan = planCharacterization({ model }, {});
 * const { neurons } = await runCharacterization(plan, experimentContext(parts));
 * await engine.close();
 */
export async function openLocalEngine(options: LocalEngineOptions): Promise<LocalEngine> {
  const engine = await openEngine(options);
  const running = new Set<Promise<unknown>>();
  let loaded: string | undefined;
  let loadedFolder = '';
  let interpreter: Interpreter | undefined;
  return {
    description: engine.description,

    async load({ card, digest, folder }, interprets) {
      if (loaded !== digest) {
        if (loaded !== undefined) await engine.unload(loaded);
        loaded = undefined;
        await engine.load(folder, digest);
        loaded = digest;
      }
      loadedFolder = folder;
      if (interprets) interpreter ??= await openInterpreter();
      const model = { name: card.name, version: card.version, digest, card };
      const respond: ExperimentContext['respond'] = (stimuli, neurons) => {
        const response = engine.respond({ digest, stimuli, neurons });
        running.add(response);
        return response.finally(() => running.delete(response));
      };
      return { model, parts: { respond, ...(interpreter && { interpreter }) } };
    },

    async close() {
      // An engine that is closed while it computes takes the process down.
      await Promise.allSettled(running);
      await interpreter?.close();
      await engine.close();
    },
  };

  async function openInterpreter(): Promise<Interpreter> {
    const backend = interpreterBackend(options.backend, engine.description);
    const { createLocalInterpreter } = await import('../interpret/local-interpreter.js');
    const models = { localFolder: async () => loadedFolder };
    return createLocalInterpreter(await openBackend(backend), models);
  }
}
