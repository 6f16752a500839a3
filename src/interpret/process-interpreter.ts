import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { DrainingError, InputError, ModelLostError, QueueFullError } from '../errors.js';
import { computeTwice } from '../inference/twice.js';
import type { LogLevel } from '../log.js';
import type { ModelSource } from '../models/model-source.js';
import type { BackendName } from '../network/backends/index.js';
import { type StartedProcess, startProcess } from '../workers/child-process.js';
import type { InterpretFunctions, InterpretService } from './interpret-worker.js';
import type { InterpretationRequest, Interpreter } from './interpreter.js';

export interface ProcessInterpreterOptions {
  readonly backend: BackendName;
  /** Where the files of a model are. */
  readonly models: Pick<ModelSource, 'localFolder'>;
  readonly logger: Logger;
  /** The process ends after so long without a request, and its memory is free. */
  readonly idleMs?: number;
  /** The compiled module that the process runs. */
  readonly entry?: string;
}

/** In messages. */
const NAME = 'process that computes gradients and attention';
/** Requests that may wait. */
const CAPACITY = 64;
const IDLE_MS = 60_000;
/** Of JavaScript's own heap, to which the backend's is added. */
const HEAP_MEGABYTES = 512;

interface Running {
  readonly process: StartedProcess<InterpretFunctions>;
  readonly opened: Promise<unknown>;
}

/**
 * Interprets in a process of its own, so that neither its work nor its end touches the inference
 * process. The first request starts it, and it ends when there have been none for a while. A request that
 * it had not answered when it ended is sent to another.
 */
export function createProcessInterpreter(options: ProcessInterpreterOptions): Interpreter {
  const { backend, models, logger, idleMs = IDLE_MS, entry = defaultEntry() } = options;
  let running: Running | undefined;
  let waiting = 0;
  /** Ids of the clients' requests that wait, or are computed. */
  const computing = new Set<readonly string[]>();
  let closed = false;
  let idle: NodeJS.Timeout | undefined;

  return {
    interpret: (request) => send(request, (process) => process.interpret(request)),
    gradient: (request) => send(request, (process) => process.gradient(request)),
    maximise: (request, signal) => send(request, (process) => process.maximise(request, signal)),
    async close() {
      closed = true;
      clearTimeout(idle);
      await stop();
    },
  };

  async function send<Result>(
    { requestIds = [] }: Pick<InterpretationRequest, 'requestIds'>,
    call: Call<Result>,
  ): Promise<Result> {
    if (waiting >= CAPACITY) {
      throw new QueueFullError(
        `too many waiting requests for attention or gradients: ${waiting + 1}; expected at most ` +
          `${CAPACITY}`,
      );
    }
    waiting += 1;
    clearTimeout(idle);
    computing.add(requestIds);
    try {
      return await computeTwice(() => sendOnce(call));
    } finally {
      computing.delete(requestIds);
      waiting -= 1;
      if (waiting === 0) idle = setTimeout(() => void stop(), idleMs).unref();
    }
  }

  async function sendOnce<Result>(call: Call<Result>): Promise<Result> {
    if (closed) throw new DrainingError('the service is shutting down');
    running ??= start();
    const { process, opened } = running;
    try {
      await opened;
      return await call(process.remote);
    } catch (error) {
      // what the client sent was checked before; it is the backend or the model's files
      if (!(error instanceof InputError)) throw error;
      throw new ModelLostError(
        `gradients and attention of this model cannot be computed: ${error.message}`,
        { cause: error },
      );
    }
  }

  function start(): Running {
    const functions: InterpretService = {
      localFolder: (version, digest) => models.localFolder(version, digest),
    };
    const process = startProcess<InterpretFunctions>({
      entry,
      functions,
      name: NAME,
      heapMegabytes: HEAP_MEGABYTES,
    });
    const opened = process.remote.open(backend, logger.level as LogLevel);
    opened.catch(() => process.kill()); // the next request starts another
    const { pid } = process;
    void process.ended.then((end) => {
      if (running?.process !== process) return;
      running = undefined;
      logger.error({ child: pid, requests: [...computing].flat() }, `the ${NAME} ${end}`);
    });
    logger.info({ child: pid, backend }, `the ${NAME} is started`);
    return { process, opened };
  }

  async function stop(): Promise<void> {
    const ending = running?.process;
    running = undefined;
    ending?.kill();
    await ending?.ended;
  }
}

type Call<Result> = (process: StartedProcess<InterpretFunctions>['remote']) => Promise<Result>;

function defaultEntry(): string {
  return fileURLToPath(new URL('./interpret-worker.js', import.meta.url));
}
