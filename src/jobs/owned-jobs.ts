import { mkdir, rm, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { diskError, isSystemError, unless } from '../files/disk-error.js';
import { createLock, createStaleCheck, type FoundLock, readLock, tryLock } from '../files/lock.js';
import { type Jobs, type JobsOptions, openJobs } from './jobs.js';

/** The jobs of a folder, as long as this process alone has it. */
export interface OwnedJobs {
  /** The jobs, or the reason why there are none now. */
  readonly current: Jobs | { readonly unusable: string };
  /** Closes the jobs and releases the folder. */
  close(): Promise<void>;
}

export interface OwnedJobsOptions extends JobsOptions {
  readonly timing?: OwnershipTiming;
}

/** In milliseconds. */
interface OwnershipTiming {
  /** Between two writes of the lock, and between two reads of another service's lock. */
  readonly beat: number;
  /** A process on another host counts as ended when it has not renewed its lock for so long. */
  readonly silence: number;
}

const TIMING: OwnershipTiming = { beat: 3000, silence: 20_000 };

/**
 * Opens the jobs of a folder whose lock this process takes. While another process has the lock, or it cannot
 * be written, there are no jobs, and the lock is tried again at intervals.
 */
export async function openOwnedJobs(options: OwnedJobsOptions): Promise<OwnedJobs> {
  const { folder, logger, timing = TIMING, clock } = options;
  const file = path.join(folder, '.lock');
  let current: Jobs | { readonly unusable: string } = { unusable: 'the jobs are being opened' };
  /** What the lock file holds while it is this process's. */
  let own: string | undefined;
  /** Of another service's lock. */
  const isStale = createStaleCheck(timing.silence, clock);
  let timer: NodeJS.Timeout | undefined;
  let beating = Promise.resolve();
  let closed = false;

  await take();
  schedule();
  return {
    get current() {
      return current;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await beating;
      if ('unusable' in current) return;
      await current.close();
      if (own !== undefined && (await readLock(file))?.text === own) {
        await rm(file, { force: true }).catch((err: unknown) => logger.warn({ err }, 'lock stays'));
      }
    },
  };

  function schedule(): void {
    if (closed) return;
    timer = setTimeout(() => {
      beating = (own === undefined ? take() : keep()).then(schedule);
    }, timing.beat).unref();
  }

  async function take(): Promise<void> {
    try {
      await mkdir(folder).catch(unless('EEXIST'));
      const attempt = await tryLock(file, isStale);
      if (attempt.state === 'held') return markUnusable(inUse(attempt.found));
      if (attempt.state === 'contended') {
        return markUnusable(
          `another service takes them over; if none does, delete ${attempt.taking}`,
        );
      }
      const { from } = attempt;
      if (from)
        logger.warn({ from }, 'the service that had the jobs has ended; they are taken over');
      own = attempt.text;
      current = await openJobs(options);
      logger.info({ folder }, 'the jobs are open');
    } catch (error) {
      own = undefined;
      if (isSystemError(error)) return markUnusable(diskError('', error).reason, error);
      logger.error({ err: error }, 'unhandled error');
      markUnusable('an error in the service');
    }
  }

  function markUnusable(unusable: string, err?: unknown): void {
    if ('unusable' in current && current.unusable === unusable) return;
    current = { unusable };
    logger.error({ folder, err }, `no jobs: ${unusable}`);
  }

  /** Renews the lock, and notices when another service has taken it. */
  async function keep(): Promise<void> {
    const found = await readLock(file);
    if (found?.text === own) {
      const now = new Date();
      return utimes(file, now, now).catch(() => undefined);
    }
    if (found === undefined) {
      // The lock file was deleted: the first service that writes it has the folder.
      await createLock(file, own!).catch(() => false);
      return;
    }
    if (found.holder === undefined) return; // it cannot be read now
    own = undefined;
    const jobs = current;
    markUnusable(inUse(found));
    if (!('unusable' in jobs)) await jobs.abandon();
  }
}

function inUse({ holder }: FoundLock): string {
  if (holder === undefined) {
    return 'another service may have them, the file jobs/.lock in DATA_DIR does not say which';
  }
  const { pid, host, since } = holder;
  const where = host === hostname() ? 'this host' : host;
  return (
    `another service has them, process ${pid} on ${where} since ${since}; stop it, or start this ` +
    'one with another DATA_DIR'
  );
}
