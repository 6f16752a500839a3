import { availableParallelism } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { type Config, type Environment, readConfig } from './config.js';
import { jobsPlace, storageSettings } from './data-folder.js';
import { InputError } from './errors.js';
import { JOB_EXPERIMENTS } from './experiments/job-experiments.js';
import { makeFolder } from './files/make-folder.js';
import { createJobProcesses } from './job-worker/job-processes.js';
import type { JobWorkerOptions } from './job-worker/job-worker.js';
import { startRedisWorker } from './jobs/redis/redis-worker.js';
import { checkModelsFolder } from './models/models-folder.js';
import { absolutePlace, isInS3, placeWithin } from './objects/s3-place.js';
import { explainFailure } from './server/jobs.js';
import { watchSignals } from './signals.js';
import { SETS } from './storage/store.js';

/** What the processes that run jobs need of the settings. */
export function jobWorkerOptions(config: Config): JobWorkerOptions {
  return {
    engine: config.ENGINE,
    threads: config.JOB_THREADS || availableParallelism(),
    backend: config.INSIDE_BACKEND,
    priority: config.JOB_PRIORITY,
    models: path.resolve(config.MODELS_DIR),
    jobs: absolutePlace(jobsPlace(config.DATA_DIR)),
    sets: absolutePlace(placeWithin(config.DATA_DIR, SETS)),
    storage: storageSettings(config),
    limits: { maxStimuli: config.MAX_STIMULI, maxPixels: config.MAX_PIXELS },
  };
}

/**
 * Runs jobs from Redis until a signal ends the process. A job that runs then is continued by another worker.
 * @param environment settings by the names of their environment variables
 * @throws InputError where a setting is wrong
 */
export async function runWorker(environment: Environment): Promise<void> {
  const config = readConfig(environment);
  const url = config.REDIS_URL;
  if (url === undefined) {
    throw new InputError(
      'REDIS_URL is missing; expected the Redis of the services, such as redis://redis:6379',
    );
  }
  const kinds = chooseKinds(config.JOB_KINDS);
  await checkModelsFolder(config.MODELS_DIR);
  if (!isInS3(config.DATA_DIR)) await makeFolder(jobsPlace(config.DATA_DIR));
  const logger = pino({ level: config.LOG_LEVEL }, pino.destination({ dest: 2, sync: true }));
  const signals = watchSignals(logger);
  const processes = createJobProcesses({ worker: jobWorkerOptions(config), logger });
  const worker = startRedisWorker({
    url,
    kinds,
    concurrency: config.JOBS_AT_ONCE,
    run: processes.run,
    clock: () => performance.now(),
    logger,
    explain: explainFailure,
  });
  process.stdout.write(`running jobs of ${kinds.join(', ')} from ${new URL(url).host}\n`);
  const signal = await signals.first;
  logger.info({ signal }, 'shutting down');
  await worker.close();
  await processes.close();
  logger.info('stopped');
  process.exit(0);
}

/** @throws InputError for an unknown kind */
function chooseKinds(named: readonly string[]): readonly string[] {
  const all: readonly string[] = JOB_EXPERIMENTS.map(({ kind }) => kind);
  const unknown = named.find((kind) => !all.includes(kind));
  if (unknown !== undefined) {
    throw new InputError(`unknown kind of job: '${unknown}'; expected some of ${all.join(', ')}`);
  }
  return named.length === 0 ? all : named;
}
