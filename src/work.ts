import { type Environment, readConfig } from './config.js';
import { jobsPlace, jobWorkerOptions } from './data-folder.js';
import { InputError } from './errors.js';
import { JOB_EXPERIMENTS } from './experiments/job-experiments.js';
import { makeFolder } from './files/make-folder.js';
import { createJobProcesses } from './job-worker/job-processes.js';
import { startRedisWorker } from './jobs/redis/redis-worker.js';
import { createLog, logNode } from './log.js';
import { checkModelsFolder } from './models/models-folder.js';
import { isInS3 } from './objects/s3-place.js';
import { explainFailure } from './server/jobs.js';
import { watchSignals } from './signals.js';
import { openTracer } from './tracing/open-tracer.js';

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
  const logger = createLog('worker', config.LOG_LEVEL);
  logNode(logger);
  const signals = watchSignals(logger);
  const tracer = await openTracer(config.OTEL_EXPORTER_OTLP_ENDPOINT, 'hypercolumn-worker', logger);
  const processes = createJobProcesses({ worker: jobWorkerOptions(config), logger, tracer });
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
  await tracer.close();
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
