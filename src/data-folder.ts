import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Logger } from 'pino';
import type { Keeping } from './announcement.js';
import { type Config, storageSettings } from './config.js';
import { DATA_JOBS } from './datasets/data-jobs.js';
import { JOB_EXPERIMENTS } from './experiments/job-experiments.js';
import { createKeptRows, type KeptRows } from './experiments/quick-measurement/kept-rows.js';
import { finishDeleting } from './files/deleted-folder.js';
import { hasCode, onDisk } from './files/disk-error.js';
import { makeFolder } from './files/make-folder.js';
import type { JobWorkerOptions } from './job-worker/job-worker.js';
import { describeMachine } from './job-worker/machine.js';
import { withoutTraining } from './job-worker/without-training.js';
import type { RunJob } from './jobs/job-runner.js';
import { type JobStorage, openJobStorage } from './jobs/job-storage.js';
import { type OwnedJobs, openOwnedJobs } from './jobs/owned-jobs.js';
import type { JobPlace } from './jobs/redis/job-place.js';
import { findVersion } from './models/find-version.js';
import type { ModelSource } from './models/model-source.js';
import { removeModel } from './models/remove-model.js';
import { checkPlace } from './objects/at-start.js';
import { openObjects, openStoredObjects } from './objects/open-objects.js';
import { absolutePlace, isInS3, placeWithin, rejectMistyped } from './objects/s3-place.js';
import { explainFailure } from './server/jobs.js';
import type { Service } from './server/service.js';
import { createDataRoom } from './storage/data-room.js';
import { createDatasets, DATASETS } from './storage/datasets.js';
import { logDamageOnce } from './storage/list-undamaged.js';
import { createRecordings, openRecordings, RECORDINGS } from './storage/recordings.js';
import { openSharedStore, openStore, removeAbandoned, SETS } from './storage/store.js';

/** What the service keeps in DATA_DIR. */
export interface DataFolder {
  readonly store: Service['store'];
  readonly jobs: Pick<OwnedJobs, 'current' | 'close'>;
  readonly training: Service['training'];
  /** Where the store is, else in memory. */
  readonly quick: KeptRows;
  /**
   * As it is now, for the announcement.
   * @param isRedisThere whether Redis can be reached, where there is one
   */
  keeping(isRedisThere?: boolean): { readonly sets: Keeping; readonly jobs: Keeping };
}

const QUICK = 'quick-measurements';

/** Returns where jobs are in DATA_DIR. */
export function jobsPlace(dataDir: string): string {
  return placeWithin(dataDir, 'jobs');
}

/** What the processes that run jobs need of the settings. */
export function jobWorkerOptions(config: Config): JobWorkerOptions {
  return {
    engine: config.ENGINE,
    threads: config.JOB_THREADS || availableParallelism(),
    backend: config.INSIDE_BACKEND,
    priority: config.JOB_PRIORITY,
    models: absolutePlace(config.MODELS_DIR),
    jobs: absolutePlace(jobsPlace(config.DATA_DIR)),
    sets: absolutePlace(placeWithin(config.DATA_DIR, SETS)),
    recordings: absolutePlace(placeWithin(config.DATA_DIR, RECORDINGS)),
    datasets: absolutePlace(placeWithin(config.DATA_DIR, DATASETS)),
    recordingsCapacity: config.RECORDINGS_CAPACITY,
    storage: storageSettings(config),
    limits: { maxStimuli: config.MAX_STIMULI, maxPixels: config.MAX_PIXELS },
    logLevel: config.LOG_LEVEL,
    collector: config.OTEL_EXPORTER_OTLP_ENDPOINT,
  };
}

/** What DATA_DIR is opened with. */
export interface DataFolderParts {
  /** Those that a training may begin with. */
  readonly models: ModelSource;
  readonly logger: Logger;
  readonly run: RunJob;
}

/**
 * Opens DATA_DIR as far as that goes: without it the models are served all the same.
 * @throws InputError where it is in S3 and only another setting helps
 */
export async function openDataFolder(
  config: Config,
  { models, logger, run }: DataFolderParts,
): Promise<DataFolder> {
  const place = config.DATA_DIR;
  const objects = await openObjects(place, 'DATA_DIR', storageSettings(config), logger);
  if (isInS3(place)) await checkPlace({ name: 'DATA_DIR', place }, objects);
  const options = {
    setsCapacity: config.SETS_CAPACITY,
    cacheCapacity: config.CACHE_CAPACITY,
    logger,
  };
  const store = isInS3(place)
    ? await openSharedStore({ ...options, objects, folder: config.STORAGE_CACHE })
    : await openStoreOrSayWhy({ ...options, folder: place });
  const jobs = await openJobs(config, logger, run);
  return {
    store,
    jobs,
    training: await openTraining(config, models, logger),
    quick: createKeptRows({
      objects: 'unusable' in store ? undefined : objects.within(QUICK),
      logger,
    }),
    keeping: (isRedisThere) => ({
      sets: 'unusable' in store ? store : { folder: place, warning: store.unwritable },
      jobs:
        'unusable' in jobs.current
          ? jobs.current
          : { folder: jobsPlace(place), through: describeRedis(config, isRedisThere) },
    }),
  };
}

async function openTraining(
  config: Config,
  models: ModelSource,
  logger: Logger,
): Promise<Service['training']> {
  const { ALLOW_TRAINING, DATA_DIR: place, RECORDINGS_CAPACITY: capacity } = config;
  if (ALLOW_TRAINING === '0') return 'off';
  if (isInS3(place)) return { unusable: 'with DATA_DIR in S3; expected a folder' };
  const report = logDamageOnce(logger);
  const datasets = createDatasets(placeWithin(place, DATASETS), report);
  const folder = placeWithin(place, RECORDINGS);
  for (const each of [folder, placeWithin(place, DATASETS)]) {
    await finishDeleting(each).catch((err: unknown) =>
      logger.warn({ err, folder: each }, 'what was being deleted stays'),
    );
  }
  const room = createDataRoom(openRecordings(folder, report), datasets, capacity);
  return {
    recordings: createRecordings({ folder, room, now: Date.now, report }),
    datasets,
    room,
    machine: config.REDIS_URL === undefined ? describeMachine() : undefined,
    maxJobs: config.MAX_TRAINING_JOBS,
    findModel: (asked) =>
      onDisk('the model cannot be read', () => findVersion(models, asked), 'MODELS_DIR'),
    removeModel: (version) => removeModel(version, config.MODELS_DIR, storageSettings(config)),
  };
}

function describeRedis({ REDIS_URL: url }: Config, isThere = false): string | undefined {
  if (url === undefined) return undefined;
  return `redis ${new URL(url).host}${isThere ? '' : ' (cannot be reached now)'}`;
}

async function openStoreOrSayWhy(
  options: Parameters<typeof openStore>[0],
): Promise<Service['store']> {
  const { folder, logger } = options;
  try {
    const store = await openStore(options);
    await removeAbandoned(path.join(folder, QUICK), logger).catch((err: unknown) => {
      if (!hasCode(err, 'ENOENT')) logger.warn({ err }, 'measurements cannot be kept');
    });
    return store;
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : String(error);
    const unusable = `DATA_DIR=${JSON.stringify(folder)} cannot be used (${reason}); mend that, then restart the service`;
    logger.warn({ err: error }, unusable);
    return { unusable };
  }
}

/** Opens the jobs that services share through Redis, else those of this service alone. */
async function openJobs(config: Config, logger: Logger, run: RunJob): Promise<DataFolder['jobs']> {
  if (config.REDIS_URL !== undefined) return shareJobs(config, config.REDIS_URL, logger);
  if (isInS3(config.DATA_DIR)) {
    const unusable = 'with DATA_DIR in S3, jobs need REDIS_URL, and a worker';
    logger.warn(`no jobs: ${unusable}`);
    return { current: { unusable }, close: async () => undefined };
  }
  return openOwnedJobs({
    folder: jobsPlace(config.DATA_DIR),
    run: config.ALLOW_TRAINING === '1' ? run : withoutTraining(run),
    maxStored: config.MAX_JOBS,
    maxWaiting: config.MAX_WAITING_JOBS,
    concurrency: config.JOBS_AT_ONCE,
    now: Date.now,
    clock: () => performance.now(),
    logger,
    explain: explainFailure,
  });
}

/** Makes the folder of jobs, where DATA_DIR is not in S3. @throws Error of the file system */
export async function makeJobsFolder(dataDir: string): Promise<void> {
  if (!isInS3(dataDir)) await makeFolder(jobsPlace(dataDir));
}

/** Opens what services and workers with this Redis share, without asking for any of it. */
export async function openSharedStorage(
  config: Config,
  url: string,
  logger: Logger,
): Promise<{ readonly storage: JobStorage; readonly place: JobPlace }> {
  rejectMistyped(config.DATA_DIR, `DATA_DIR=${JSON.stringify(config.DATA_DIR)}`);
  const jobs = jobsPlace(config.DATA_DIR);
  const settings = storageSettings(config);
  const objects = await openStoredObjects(jobs, 'DATA_DIR', settings);
  const { openJobPlace } = await import('./jobs/redis/job-place.js');
  return {
    storage: await openJobStorage(jobs, settings, logger),
    place: openJobPlace({ objects, dataDir: config.DATA_DIR, url }),
  };
}

/** The jobs that this service shares with others through Redis; workers run them. */
async function shareJobs(config: Config, url: string, logger: Logger): Promise<DataFolder['jobs']> {
  await makeJobsFolder(config.DATA_DIR).catch((err: unknown) =>
    logger.error({ err, folder: jobsPlace(config.DATA_DIR) }, 'no folder of jobs'),
  );
  // Only here, so that a service without Redis loads none of it.
  const { openRedisJobs } = await import('./jobs/redis/redis-jobs.js');
  const jobs = openRedisJobs({
    url,
    kinds: [...JOB_EXPERIMENTS, ...DATA_JOBS].map(({ kind }) => kind),
    ...(await openSharedStorage(config, url, logger)),
    maxStored: config.MAX_JOBS,
    maxWaiting: config.MAX_WAITING_JOBS,
    now: Date.now,
    logger,
  });
  return { current: jobs, close: () => jobs.close() };
}
