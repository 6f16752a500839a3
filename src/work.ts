import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { stepLine } from './announcement.js';
import { type Config, type Environment, readConfig, storageSettings } from './config.js';
import { jobWorkerOptions, makeJobsFolder, openSharedStorage } from './data-folder.js';
import { DATA_JOBS } from './datasets/data-jobs.js';
import { InputError } from './errors.js';
import { CommandEnd } from './exit-codes.js';
import { JOB_EXPERIMENTS } from './experiments/job-experiments.js';
import { onDisk } from './files/disk-error.js';
import { createJobProcesses } from './job-worker/job-processes.js';
import { type RedisWorker, startRedisWorker } from './jobs/redis/redis-worker.js';
import { createLog, logNode } from './log.js';
import { checkModelsFolder } from './models/models-folder.js';
import { openModelSource } from './models/open-source.js';
import { useAtStart } from './objects/at-start.js';
import { StartError } from './server/bind.js';
import { explainFailure } from './server/jobs.js';
import { type HttpServer, listen } from './server/listen.js';
import { registerProcessMetrics } from './server/metrics/process-metrics.js';
import { countRuns } from './server/metrics/worker-metrics.js';
import { createWorkerApp } from './server/worker-app.js';
import { watchSignals } from './signals.js';
import { openTracer } from './tracing/open-tracer.js';

/** What a worker is made of. */
interface WorkerParts {
  readonly config: Config;
  /** Of Redis. */
  readonly url: string;
  readonly kinds: readonly string[];
  readonly logger: Logger;
  readonly registry: Registry;
}

/**
 * Runs jobs from Redis until a signal ends the process. A job that runs then is continued by another worker.
 * @param environment settings by the names of their environment variables
 * @throws InputError where a setting is wrong; CommandEnd where HEALTH_PORT cannot be listened on
 */
export async function runWorker(environment: Environment): Promise<void> {
  const config = readConfig(environment);
  const url = config.REDIS_URL;
  if (url === undefined) {
    throw new InputError(
      'REDIS_URL is missing; expected the Redis of the services, such as redis://redis:6379',
    );
  }
  const kinds = chooseKinds(config);
  await checkModelsFolder(config.MODELS_DIR);
  const logger = createLog('worker', config.LOG_LEVEL);
  logNode(logger);
  const parts: WorkerParts = { config, url, kinds, logger, registry: new Registry() };
  let worker: RedisWorker | undefined;
  const health = await listenForHealth(parts, () => worker?.isReady === true);
  try {
    await runUntilSignal(parts, (started) => {
      worker = started;
    });
  } finally {
    await health?.close();
  }
  logger.info('stopped');
  process.exit(0);
}

/** @param onStart called with the worker when it is there, before it takes jobs */
async function runUntilSignal(
  { config, url, kinds, logger, registry }: WorkerParts,
  onStart: (worker: RedisWorker) => void,
): Promise<void> {
  const signals = watchSignals(logger);
  let isRunning = false;
  void signals.first.then(() => {
    if (!isRunning) process.exit(0);
  });
  const { storage, place } = await openSharedStorage(config, url, logger);
  await checkModels(config, logger);
  await useAtStart(
    {
      setting: { name: 'DATA_DIR', place: config.DATA_DIR },
      missing: 'no place for the results of jobs yet',
      logger,
    },
    async () => {
      await onDisk('no folder of jobs', () => makeJobsFolder(config.DATA_DIR));
      await place.readId();
    },
  );
  const tracer = await openTracer(config.OTEL_EXPORTER_OTLP_ENDPOINT, 'hypercolumn-worker', logger);
  const processes = createJobProcesses({ worker: jobWorkerOptions(config), logger, tracer });
  const worker = startRedisWorker({
    url,
    kinds,
    concurrency: config.JOBS_AT_ONCE,
    run: countRuns(registry, kinds, processes.run),
    storage,
    place,
    clock: () => performance.now(),
    logger,
    explain: explainFailure,
  });
  onStart(worker);
  const started = worker.started.catch(async (error: unknown) => {
    await worker.close();
    throw error;
  });
  const isAway = await Promise.race([started.then(() => false), worker.away.then(() => true)]);
  isRunning = true;
  const note = isAway ? ' (cannot be reached now)' : '';
  process.stdout.write(`running jobs of ${kinds.join(', ')} from ${new URL(url).host}${note}\n`);
  const signal = await Promise.race([signals.first, started.then(() => signals.first)]);
  logger.info({ signal }, 'shutting down');
  await worker.close();
  await processes.close();
  await tracer.close();
}

/** Answers probes and Prometheus, where there is a port for them. */
async function listenForHealth(
  { config, registry, logger }: WorkerParts,
  isReady: () => boolean,
): Promise<HttpServer | undefined> {
  const { HOST: host, HEALTH_PORT: port } = config;
  if (port === undefined) return undefined;
  registerProcessMetrics(registry);
  const app = createWorkerApp({ isReady, registry, logger });
  const begun = performance.now();
  try {
    const health = await listen(app, { host, port, setting: 'HEALTH_PORT' });
    const line = stepLine('listening for health checks', health.url, performance.now() - begun);
    process.stdout.write(line);
    return health;
  } catch (error) {
    throw error instanceof StartError ? new CommandEnd('notStarted', error.message) : error;
  }
}

/**
 * Waits until the place of the models can be read.
 * @throws InputError where only another setting helps
 */
async function checkModels(config: Config, logger: Logger): Promise<void> {
  const setting = { name: 'MODELS_DIR', place: config.MODELS_DIR } as const;
  const source = await openModelSource(config.MODELS_DIR, storageSettings(config), logger);
  const { versions } = await useAtStart({ setting, missing: 'no models yet', logger }, () =>
    source.list(),
  );
  if (versions.length > 0) return;
  const place = `MODELS_DIR=${JSON.stringify(config.MODELS_DIR)}`;
  logger.warn(`${place} has no models yet: every job fails until there are those of the services`);
}

/** @throws InputError for an unknown kind */
function chooseKinds({ JOB_KINDS: named, ALLOW_TRAINING }: Config): readonly string[] {
  const jobs = ALLOW_TRAINING === '1' ? [...JOB_EXPERIMENTS, ...DATA_JOBS] : JOB_EXPERIMENTS;
  const all: readonly string[] = jobs.map(({ kind }) => kind);
  const unknown = named.find((kind) => !all.includes(kind));
  if (unknown !== undefined) {
    throw new InputError(`unknown kind of job: '${unknown}'; expected some of ${all.join(', ')}`);
  }
  return named.length === 0 ? all : named;
}
