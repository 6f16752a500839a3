import { availableParallelism } from 'node:os';
import path from 'node:path';
import { type ExperimentContext, experimentContext } from '../experiments/context.js';
import type { ServedModel } from '../inference/catalogue.js';
import { type EngineName, openEngine } from '../inference/open-engine.js';
import type { Interpreter } from '../interpret/interpreter.js';
import { interpreterBackend } from '../interpret/interpreter-backend.js';
import { findModel } from '../models/find-model.js';
import type { BackendName } from '../network/backends/index.js';
import { openBackend } from '../network/backends/open.js';

/** A model that this process computes, without a service. */
export interface LocalModel {
  readonly model: ServedModel;
  /** Of experiments on this model, in this process. */
  readonly context: ExperimentContext;
  close(): Promise<void>;
}

export interface LocalModelOptions {
  /** As the setting ENGINE of the service. */
  readonly engine: EngineName | 'auto';
  /** Whether the experiment needs gradients or attention. */
  readonly interprets: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: ExperimentContext['onProgress'];
}

/**
 * Opens a model for experiments.
 * @param folder `models/demo` for its latest version, or `models/demo/1`
 * @throws InputError when there is no usable model, or the engine does not work on this machine
 * @example
 * const { model, context, close } = await openLocalModel('models/demo', options);
 * const { neurons } = await runCharacterization(planCharacterization({ model }, {}), context);
 * await close();
 */
export async function openLocalModel(
  folder: string,
  { engine: name, interprets, signal, onProgress }: LocalModelOptions,
): Promise<LocalModel> {
  const { card, digest, folder: found } = await findModel(folder);
  const model = { name: card.name, version: card.version, digest, card };
  const engine = await openEngine({ engine: name, threads: availableParallelism() });
  await engine.load(found, digest);
  const backend = interprets ? interpreterBackend('auto', engine.description) : undefined;
  const interpreter = backend && (await openInterpreter(backend, path.resolve(found, '../..')));
  const running = new Set<Promise<unknown>>();
  const context = experimentContext({
    respond: (stimuli, neurons) => {
      const response = engine.respond({ digest, stimuli, neurons });
      running.add(response);
      return response.finally(() => running.delete(response));
    },
    ...(interpreter && { interpreter }),
    signal,
    onProgress,
  });
  return {
    model,
    context,
    async close() {
      // An engine that is closed while it computes takes the process down.
      await Promise.allSettled(running);
      await interpreter?.close();
      await engine.close();
    },
  };
}

async function openInterpreter(backend: BackendName, models: string): Promise<Interpreter> {
  const { createTfjsInterpreter } = await import('../interpret/tfjs-interpreter.js');
  return createTfjsInterpreter(await openBackend(backend), models);
}
