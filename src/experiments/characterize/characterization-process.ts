import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { ServedModel } from '../../inference/catalogue.js';
import { startProcess } from '../../workers/child-process.js';
import { createLossError } from '../../workers/process-end.js';
import type { ExperimentContext } from '../context.js';
import type {
  CharacterizationFunctions,
  CharacterizationService,
} from './characterization-worker.js';
import type { CharacterizationRequest, CharacterizationResult } from './schemas.js';

/**
 * Runs a characterization that `planCharacterization` accepts.
 * @throws EngineLostError when the process that runs it ends
 */
export type RunCharacterization = (
  model: ServedModel,
  request: CharacterizationRequest,
  context: Pick<ExperimentContext, 'respond' | 'signal' | 'onProgress'>,
) => Promise<CharacterizationResult>;

export interface CharacterizationProcessOptions {
  readonly logger: Logger;
  /** The compiled module that the process runs. */
  readonly entry?: string;
}

/** The name of the process in messages. */
const NAME = 'process that characterizes neurons';
/** The limit of JavaScript's heap. */
const HEAP_MEGABYTES = 512;

/**
 * Runs each characterization in its own process, at the lowest priority. Rendering and fitting in the process of the
 * service would delay its responses.
 */
export function createCharacterizationProcess(
  options: CharacterizationProcessOptions,
): RunCharacterization {
  const { logger, entry = defaultEntry() } = options;
  return async (model, request, { respond, signal, onProgress }) => {
    signal.throwIfAborted();
    // The process would return a copy of the error, so the original is thrown here.
    let failed = (_error: unknown): void => {};
    const failure = new Promise<never>((_, reject) => {
      failed = reject;
    });
    const functions: CharacterizationService = {
      respond: (stimuli, columns) =>
        respond(stimuli, columns).catch((error: unknown) => {
          failed(error);
          throw error;
        }),
      onProgress,
    };
    const process = startProcess<CharacterizationFunctions>({
      entry,
      name: NAME,
      heapMegabytes: HEAP_MEGABYTES,
      functions,
    });
    let isOver = false;
    void process.ended.then((end) => {
      if (!isOver) logger.error({ pid: process.pid }, createLossError(NAME, end).message);
    });
    try {
      return await Promise.race([process.remote.characterize(model, request, signal), failure]);
    } finally {
      isOver = true;
      process.kill();
    }
  };
}

function defaultEntry(): string {
  return fileURLToPath(new URL('./characterization-worker.js', import.meta.url));
}
