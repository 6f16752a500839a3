import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { ServedModel } from '../../inference/catalogue.js';
import { endOf, lossOf } from '../../workers/process-end.js';
import type { ExperimentContext } from '../context.js';
import type { FromCharacterization, ToCharacterization } from './messages.js';
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

/** In messages. */
const NAME = 'process that characterizes neurons';
/** Megabytes of JavaScript's own heap. */
const HEAP = '--max-old-space-size=512';

/**
 * Runs each characterization in a process of its own, at the lowest priority: rendering and fitting in the
 * process that answers requests would delay the answers.
 */
export function createCharacterizationProcess(
  options: CharacterizationProcessOptions,
): RunCharacterization {
  const { logger, entry = defaultEntry() } = options;
  return async (model, request, { respond, signal, onProgress }) => {
    signal.throwIfAborted();
    const child = fork(entry, [], { serialization: 'advanced', execArgv: [HEAP] });
    const tell = (message: ToCharacterization) => child.send(message, () => undefined);
    const over = new AbortController();
    const isOver = () => over.signal.aborted || signal.aborted;
    try {
      return await new Promise<CharacterizationResult>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { signal: over.signal });
        void endOf(child).then((end) => {
          if (isOver()) return;
          const loss = lossOf(NAME, end);
          logger.error({ pid: child.pid }, loss.message);
          reject(loss);
        });
        child.on('message', (message: FromCharacterization) => {
          switch (message.kind) {
            case 'respond': {
              const { id, stimuli, neurons } = message;
              respond(stimuli, neurons).then(
                (values) => tell({ kind: 'responses', id, values }),
                reject,
              );
              return;
            }
            case 'progress':
              return onProgress(message.progress);
            case 'found':
              return resolve(message.result);
            case 'failed':
              return reject(new Error(message.message));
          }
        });
        tell({ kind: 'run', model, request });
      });
    } finally {
      over.abort();
      child.kill('SIGKILL');
    }
  };
}

function defaultEntry(): string {
  return fileURLToPath(new URL('./characterizing.js', import.meta.url));
}
