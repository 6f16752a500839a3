import path from 'node:path';
import type { Logger } from 'pino';
import type { Keeping } from './announcement.js';
import type { Config } from './config.js';
import { JOB_EXPERIMENTS } from './experiments/job-experiments.js';
import { createKeptRows, type KeptRows } from './experiments/quick-measurement/kept-rows.js';
import { makeFolder } from './files/make-folder.js';
import type { RunJob } from './jobs/job-runner.js';
import { type OwnedJobs, openOwnedJobs } from './jobs/owned-jobs.js';
import { explainFailure } from './server/jobs.js';
import type { Service } from './server/service.js';
import { openStore } from './storage/store.js';

/** What the service keeps on disk. */
export interface DataFolder {
  readonly store: Service['store'];
  readonly jobs: Pick<OwnedJobs, 'current' | 'close'>;
  /** On the disk where the store is, else in memory. */
  readonly quick: KeptRows;
  /** As it is now, for the announcement. */
  keeping(): { readonly sets: Keeping; readonly jobs: Keeping };
}

/** Returns the folder of jobs in DATA_DIR. */
export function jobsFolder(folder: string): string {
  return path.join(folder, 'jobs');
}

/** Opens DATA_DIR as far as that goes: without it the models are served all the same. */
export async function openDataFolder(
  config: Config,
  logger: Logger,
  run: RunJob,
): Promise<DataFolder> {
  const folder = config.DATA_DIR;
  const store = await openStoreOrSayWhy(config, logger);
  const jobs = config.REDIS_URL
    ? await shareJobs(config, config.REDIS_URL, logger)
    : await openOwnedJobs({
        folder: jobsFolder(folder),
        run,
        maxStored: config.MAX_JOBS,
        maxWaiting: config.MAX_WAITING_JOBS,
        concurrency: config.JOBS_AT_ONCE,
        now: Date.now,
        clock: () => performance.now(),
        logger,
        explain: explainFailure,
      });
  return {
    store,
    jobs,
    quick: createKeptRows({
      folder: 'unusable' in store ? undefined : path.join(folder, 'quick-measurements'),
      logger,
    }),
    keeping: () => ({
      sets: 'unusable' in store ? store : { folder, warning: store.unwritable },
      jobs: 'unusable' in jobs.current ? jobs.current : { folder: jobsFolder(folder) },
    }),
  };
}

async function openStoreOrSayWhy(
  { DATA_DIR, SETS_CAPACITY, CACHE_CAPACITY }: Config,
  logger: Logger,
): Promise<Service['store']> {
  try {
    return await openStore({
      folder: DATA_DIR,
      setsCapacity: SETS_CAPACITY,
      cacheCapacity: CACHE_CAPACITY,
      logger,
    });
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : String(error);
    const unusable = `DATA_DIR=${JSON.stringify(DATA_DIR)} cannot be used (${reason}); mend that, then restart the service`;
    logger.warn({ err: error }, unusable);
    return { unusable };
  }
}

/** The jobs that this service shares with others through Redis; workers run them. */
async function shareJobs(config: Config, url: string, logger: Logger): Promise<DataFolder['jobs']> {
  const folder = jobsFolder(config.DATA_DIR);
  await makeFolder(folder).catch((err: unknown) =>
    logger.error({ err, folder }, 'no folder of jobs'),
  );
  // Only here, so that a service without Redis loads none of it.
  const { openRedisJobs } = await import('./jobs/redis/redis-jobs.js');
  const jobs = openRedisJobs({
    url,
    kinds: JOB_EXPERIMENTS.map(({ kind }) => kind),
    folder,
    maxStored: config.MAX_JOBS,
    maxWaiting: config.MAX_WAITING_JOBS,
    now: Date.now,
    logger,
  });
  return { current: jobs, close: () => jobs.close() };
}
