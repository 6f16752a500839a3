import type { Logger } from 'pino';
import { EngineLostError, ModelLostError, messageOf } from '../errors.js';
import type { LogLevel } from '../log.js';
import type { Engine, EngineRequest } from './engine.js';
import { type InferenceProcess, startInferenceProcess } from './inference-process.js';
import type { DirectModel } from './kernels/mailbox.js';
import type { EngineChoice, EngineName } from './open-engine.js';

export interface ProcessEngineOptions {
  readonly choice: EngineChoice;
  readonly logger: Logger;
  /** Called each time that the process is started again. */
  readonly onRestart?: () => void;
  /** Called with each model that could not be loaded again then. */
  readonly onModelLost?: (digest: string, reason: string) => void;
  /** The process that computes first; left out: one is started. */
  readonly first?: InferenceProcess;
  /** The compiled module that the processes run. */
  readonly entry?: string;
  /** The compiled kernels. */
  readonly kernels?: string;
}

/** An engine, and the process that computes for it. */
export interface ProcessEngine extends Engine {
  /** Of the process that runs now. */
  readonly pid: number | undefined;
}

/** The engine is given up after this many consecutive starts that answered no request. */
const MAX_FAILED_STARTS = 5;

/**
 * An engine in a process of its own, so that computing never holds up the event loop and a crash of
 * native code takes nothing else down. A process that ends is started again immediately with
 * the models it had; requests it had not answered are rejected with EngineLostError.
 */
export async function createProcessEngine(options: ProcessEngineOptions): Promise<ProcessEngine> {
  const { choice, logger, onRestart, onModelLost, entry, kernels } = options;
  /** Folders of the loaded models by digest. */
  const models = new Map<string, string>();
  /** Of the models in the process that runs, those whose small requests go through its mailbox. */
  const direct = new Map<string, DirectModel>();
  /** Digests of models that were loaded, and could not be loaded again. */
  const lost = new Set<string>();
  /** Requests that the process computes. */
  const computing = new Set<EngineRequest>();
  const level = logger.level as LogLevel;
  let running = options.first ?? startInferenceProcess(entry, kernels);
  let closed = false;
  let failedStarts = 0;
  let ready = Promise.resolve();
  const description = await open(running, choice).catch((error: unknown) => {
    running.kill();
    throw error;
  });
  watch(running);

  return {
    description,

    get pid() {
      return running.pid;
    },

    async load(folder, digest) {
      await ready;
      await load(folder, digest);
      models.set(digest, folder);
      lost.delete(digest);
      failedStarts = 0;
    },

    async unload(digest) {
      models.delete(digest);
      direct.delete(digest);
      lost.delete(digest);
      await ready;
      try {
        await running.remote.unload(digest);
      } catch (error) {
        // it went with the process
        if (!(error instanceof EngineLostError)) throw error;
      }
    },

    async respond(request) {
      await ready;
      if (lost.has(request.digest)) {
        throw new ModelLostError(
          'the model could not be loaded again when the engine was restarted',
        );
      }
      computing.add(request);
      try {
        const responses = await (respondDirectly(request) ?? running.remote.respond(request));
        failedStarts = 0;
        return responses;
      } finally {
        computing.delete(request);
      }
    },

    async close() {
      closed = true;
      running.kill();
      await running.ended;
    },
  };

  /** What goes through the mailbox is in no log of the process: at the level debug, nothing does. */
  function open({ remote, mailbox }: InferenceProcess, engine: EngineChoice) {
    return remote.open(engine, level, logger.isLevelEnabled('debug') ? undefined : mailbox?.files);
  }

  async function load(folder: string, digest: string): Promise<void> {
    const found = await running.remote.load(folder, digest);
    if (found) direct.set(digest, found);
  }

  function respondDirectly(request: EngineRequest): Promise<Float32Array> | undefined {
    const { digest, stimuli, neurons } = request;
    const model = direct.get(digest);
    return model && running.mailbox?.respond(model, stimuli, neurons);
  }

  function watch({ ended, pid }: InferenceProcess): void {
    void ended.then((end) => {
      if (closed) return;
      failedStarts += 1;
      const requests = [...computing].flatMap(({ requestIds = [] }) => requestIds);
      logger.error({ child: pid, requests }, `the inference process ${end}`);
      ready = failedStarts > MAX_FAILED_STARTS ? giveUp() : restart();
      ready.catch(() => undefined); // the next request reports it
    });
  }

  async function restart(): Promise<void> {
    const begun = performance.now();
    running = startInferenceProcess(entry, kernels);
    direct.clear();
    const { pid } = running;
    watch(running);
    onRestart?.();
    const engine = description.name as EngineName;
    await open(running, { ...choice, engine });
    for (const [digest, folder] of models) {
      try {
        await load(folder, digest);
      } catch (error) {
        if (error instanceof EngineLostError) throw error;
        // The other models are served. A changed file is the operator's fault, not a client's.
        logger.error({ folder, err: error }, 'a model cannot be loaded again');
        models.delete(digest);
        lost.add(digest);
        onModelLost?.(digest, messageOf(error));
      }
    }
    const seconds = (performance.now() - begun) / 1000;
    logger.info({ child: pid, seconds }, 'the inference process is back');
  }

  async function giveUp(): Promise<never> {
    throw new EngineLostError(
      `the inference process ended ${failedStarts} times in a row and is not started again; restart ` +
        'the service',
      { isReplaced: false },
    );
  }
}
