import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { type Engine, EngineLostError, ModelLostError } from '../engine.js';
import type { EngineChoice, EngineName } from '../open-engine.js';
import { type Channel, openChannel } from './channel.js';
import type { InferenceCalls } from './messages.js';

export interface ProcessEngineOptions {
  readonly choice: EngineChoice;
  readonly logger: Logger;
  /** Told each time that the process is started again. */
  readonly onRestart?: () => void;
  /** Told of each model that could not be loaded again then. */
  readonly onModelLost?: (digest: string, reason: string) => void;
  /** The compiled module that the process runs. */
  readonly entry?: string;
}

/** An engine, and the process that computes for it. */
export interface ProcessEngine extends Engine {
  /** Of the process that runs now. */
  readonly pid: number | undefined;
}

/** Starts in a row, none of which answered a question, after which the engine is given up. */
const MAX_FAILED_STARTS = 5;

/**
 * An engine in a process of its own, so that computing never holds up the event loop and a crash of
 * native code takes nothing else down. A process that ends is started again at once with the models
 * it had; questions it had not answered are rejected with EngineLostError.
 */
export async function createProcessEngine(options: ProcessEngineOptions): Promise<ProcessEngine> {
  const { choice, logger, onRestart, onModelLost, entry = defaultEntry() } = options;
  /** Folders of the loaded models by digest. */
  const models = new Map<string, string>();
  /** Digests of models that were loaded, and could not be loaded again. */
  const lost = new Set<string>();
  let channel = open();
  let closed = false;
  let failedStarts = 0;
  let ready = Promise.resolve();
  const description = await channel.ask({ kind: 'open', choice }).catch((error: unknown) => {
    channel.kill();
    throw error;
  });
  watch(channel);

  return {
    description,

    get pid() {
      return channel.pid;
    },

    async load(folder, digest) {
      await ready;
      await channel.ask({ kind: 'load', folder, digest });
      models.set(digest, folder);
      lost.delete(digest);
      failedStarts = 0;
    },

    async unload(digest) {
      models.delete(digest);
      lost.delete(digest);
      await ready;
      try {
        await channel.ask({ kind: 'unload', digest });
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
      const responses = await channel.ask({ kind: 'respond', request });
      failedStarts = 0;
      return responses;
    },

    async close() {
      closed = true;
      channel.kill();
      await channel.ended;
    },
  };

  function open(): Channel<InferenceCalls> {
    return openChannel(entry, 'inference process');
  }

  function watch(running: Channel<InferenceCalls>): void {
    void running.ended.then((end) => {
      if (closed) return;
      failedStarts += 1;
      logger.error({ pid: running.pid }, `the inference process ${end}`);
      ready = failedStarts > MAX_FAILED_STARTS ? giveUp() : restart();
      ready.catch(() => undefined); // whoever asks next is told
    });
  }

  async function restart(): Promise<void> {
    const started = performance.now();
    channel = open();
    const running = channel;
    watch(running);
    onRestart?.();
    const engine = description.name as EngineName;
    await running.ask({ kind: 'open', choice: { ...choice, engine } });
    for (const [digest, folder] of models) {
      try {
        await running.ask({ kind: 'load', folder, digest });
      } catch (error) {
        if (error instanceof EngineLostError) throw error;
        // the rest is served; what was changed on disk since is not the clients' fault
        logger.error({ folder, err: error }, 'a model cannot be loaded again');
        models.delete(digest);
        lost.add(digest);
        onModelLost?.(digest, error instanceof Error ? error.message : String(error));
      }
    }
    const seconds = (performance.now() - started) / 1000;
    logger.info({ pid: running.pid, seconds }, 'the inference process is back');
  }

  async function giveUp(): Promise<never> {
    throw new EngineLostError(
      `the inference process ended ${failedStarts} times in a row and is not started again; restart ` +
        'the service',
      { isReplaced: false },
    );
  }
}

function defaultEntry(): string {
  return fileURLToPath(new URL('./inference-worker.js', import.meta.url));
}
