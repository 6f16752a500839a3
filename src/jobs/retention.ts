import type { Logger } from 'pino';
import type { Jobs } from './jobs.js';

export interface RetentionOptions {
  /** The jobs now, or the reason why there are none. */
  readonly jobs: () => Jobs | { readonly unusable: string };
  /** For which a job that is over is kept. */
  readonly days: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Deletes old jobs now and every hour, until the function that this returns is called. */
export function deleteOldJobs({ jobs, days, now, logger }: RetentionOptions): () => void {
  const timer = setInterval(() => void sweep(), HOUR).unref();
  void sweep();
  return () => clearInterval(timer);

  async function sweep(): Promise<void> {
    const current = jobs();
    if ('unusable' in current) return;
    try {
      const before = now() - days * DAY;
      for (const { id, ended } of await current.list()) {
        if (ended === null || Date.parse(ended) > before) continue;
        // Another service with the same jobs may have deleted it.
        if (await current.remove(id)) logger.info({ job: id, ended }, 'an old job is deleted');
      }
    } catch (err) {
      logger.warn({ err }, 'old jobs cannot be deleted now');
    }
  }
}
