import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { ServedModel } from '../../inference/catalogue.js';
import type { Scheduler } from '../../inference/scheduler.js';
import { endOf, lossOf } from '../../workers/process-end.js';
import type { Running } from '../running.js';
import type { Characterization, CharacterizationBody } from './characterized.js';
import type { FromBattery, ToBattery } from './messages.js';

/**
 * Runs the battery, of which `prepareCharacterization` has found that it can be run.
 * @throws EngineLostError when the process that does it ends
 */
export type RunBattery = (
  model: ServedModel,
  body: CharacterizationBody,
  running: Running,
) => Promise<Characterization>;

export interface ProcessBatteryOptions {
  readonly scheduler: Pick<Scheduler, 'respond'>;
  readonly logger: Logger;
  /** The compiled module that the process runs. */
  readonly entry?: string;
}

/** In messages. */
const NAME = 'process that characterizes neurons';
/** Megabytes of JavaScript's own heap. */
const HEAP = '--max-old-space-size=512';

/**
 * Runs each battery in a process of its own, behind all others: what it renders and fits would hold up
 * the answers to rigs, were it done where these are answered.
 */
export function createProcessBattery(options: ProcessBatteryOptions): RunBattery {
  const { scheduler, logger, entry = defaultEntry() } = options;
  return async (model, body, { signal, onProgress }) => {
    signal.throwIfAborted();
    const child = fork(entry, [], { serialization: 'advanced', execArgv: [HEAP] });
    const tell = (message: ToBattery) => child.send(message, () => undefined);
    const over = new AbortController();
    const isOver = () => over.signal.aborted || signal.aborted;
    try {
      return await new Promise<Characterization>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { signal: over.signal });
        void endOf(child).then((end) => {
          if (isOver()) return;
          const loss = lossOf(NAME, end);
          logger.error({ pid: child.pid }, loss.message);
          reject(loss);
        });
        child.on('message', (message: FromBattery) => {
          switch (message.kind) {
            case 'respond': {
              const { id, stimuli, neurons } = message;
              const question = { digest: model.digest, stimuli, neurons, signal };
              scheduler
                .respond({ ...question, priority: 'sweep' })
                .then(({ values }) => tell({ kind: 'responses', id, values }), reject);
              return;
            }
            case 'progress':
              return onProgress(message.progress);
            case 'found':
              return resolve(message.characterization);
            case 'failed':
              return reject(new Error(message.message));
          }
        });
        tell({ kind: 'run', model, body });
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
