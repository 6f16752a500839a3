import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { InputError } from '../errors.js';
import { ModelLostError } from '../inference/engine.js';
import { type Channel, openChannel } from '../inference/process/channel.js';
import type { CallTo } from '../inference/process/messages.js';
import { DrainingError, QueueFullError } from '../inference/scheduler.js';
import { computeTwice } from '../inference/twice.js';
import type { BackendName } from '../network/backend.js';
import type { Inside } from './interpreter.js';
import type { InsideCalls } from './messages.js';

export interface ProcessInsideOptions {
  readonly backend: BackendName;
  /** The models folder, which holds `<name>/<version>/`. */
  readonly models: string;
  readonly logger: Logger;
  /** Without a question for so long the process ends, and its memory is free. */
  readonly idleMs?: number;
  /** The compiled module that the process runs. */
  readonly entry?: string;
}

/** In messages. */
const NAME = 'process that computes gradients and attention';
/** Questions that may wait. */
const CAPACITY = 64;
const IDLE_MS = 60_000;
/** Megabytes of JavaScript's own heap, beside the backend's. */
const HEAP = '--max-old-space-size=512';

/**
 * Looks inside in a process of its own, so that neither its work nor its end touches the inference
 * process. It is started by the first question and ends when there have been none for a while. A
 * request that it had not answered when it ended is sent to another.
 */
export function createProcessInside(options: ProcessInsideOptions): Inside {
  const { backend, models, logger, idleMs = IDLE_MS, entry = defaultEntry() } = options;
  let running: { channel: Channel<InsideCalls>; opened: Promise<unknown> } | undefined;
  let asking = 0;
  let closed = false;
  let idle: NodeJS.Timeout | undefined;

  return {
    look: (request) => ask({ kind: 'look', request }),
    gradient: (request) => ask({ kind: 'gradient', request }),
    ascend: (request) => ask({ kind: 'ascend', request }),
    async close() {
      closed = true;
      clearTimeout(idle);
      await stop();
    },
  };

  async function ask<Kind extends keyof InsideCalls>(
    call: CallTo<InsideCalls, Kind>,
  ): Promise<InsideCalls[Kind]['result']> {
    if (asking >= CAPACITY) {
      throw new QueueFullError(
        `too many waiting requests for attention or gradients: ${asking + 1}; expected at most ` +
          `${CAPACITY}`,
      );
    }
    asking += 1;
    clearTimeout(idle);
    try {
      return await computeTwice(() => askOnce(call));
    } finally {
      asking -= 1;
      if (asking === 0) idle = setTimeout(() => void stop(), idleMs).unref();
    }
  }

  async function askOnce<Kind extends keyof InsideCalls>(
    call: CallTo<InsideCalls, Kind>,
  ): Promise<InsideCalls[Kind]['result']> {
    if (closed) throw new DrainingError('the service is shutting down');
    running ??= start();
    const { channel, opened } = running;
    try {
      await opened;
      return await channel.ask(call);
    } catch (error) {
      // what the client sent was checked before; it is the backend or the model's files
      if (!(error instanceof InputError)) throw error;
      throw new ModelLostError(
        `gradients and attention of this model cannot be computed: ${error.message}`,
        {
          cause: error,
        },
      );
    }
  }

  function start() {
    const channel = openChannel<InsideCalls>(entry, NAME, [HEAP]);
    const opened = channel.ask({ kind: 'open', backend, models });
    opened.catch(() => channel.kill()); // the next question starts another
    void channel.ended.then((end) => {
      if (running?.channel !== channel) return;
      running = undefined;
      logger.error({ pid: channel.pid }, `the ${NAME} ${end}`);
    });
    logger.info({ pid: channel.pid, backend }, `the ${NAME} is started`);
    return { channel, opened };
  }

  async function stop(): Promise<void> {
    const ending = running?.channel;
    running = undefined;
    ending?.kill();
    await ending?.ended;
  }
}

function defaultEntry(): string {
  return fileURLToPath(new URL('./interpret-worker.js', import.meta.url));
}
