import type { Logger } from 'pino';
import type { ModelRepository } from './catalogue.js';

export interface WatchOptions {
  readonly catalogue: Pick<ModelRepository, 'poll'>;
  /** Between two looks; each pause is up to a fifth shorter or longer, so that replicas take turns. */
  readonly seconds: number;
  readonly logger: Pick<Logger, 'error' | 'info'>;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** Looks keep the disk busy for at most this share of the time, however slow it is. */
const SHARE = 0.05;
const JITTER = 0.2;

/**
 * Looks for new, changed and deleted versions of models again and again.
 * @returns a function that stops it
 */
export function watchModels(options: WatchOptions): () => void {
  const { catalogue, seconds, logger, random = Math.random } = options;
  let isStopped = false;
  let reported: string | undefined;
  let timer = plan(0);
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };

  /** @param took milliseconds of the latest look */
  function plan(took: number): NodeJS.Timeout {
    const pause = Math.max(1000 * seconds, took / SHARE);
    return setTimeout(() => void look(), pause * (1 - JITTER + 2 * JITTER * random())).unref();
  }

  async function look(): Promise<void> {
    let took = 0;
    try {
      took = await catalogue.poll();
      if (reported !== undefined) logger.info('MODELS_DIR can be read again');
      reported = undefined;
    } catch (err) {
      const reason = String(err);
      // What stays away is reported once.
      if (reason !== reported) {
        logger.error({ err }, 'MODELS_DIR cannot be read; what was served still is');
      }
      reported = reason;
    }
    if (!isStopped) timer = plan(took);
  }
}
