import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { announcement, stepLine } from './announcement.js';
import { type Config, type Environment, readConfig } from './config.js';
import { jobWorkerOptions, openDataFolder, storageSettings } from './data-folder.js';
import { InputError } from './errors.js';
import { createSetAnalysis } from './experiments/set-tuning/analysis-thread.js';
import type { ModelRepository } from './inference/catalogue.js';
import type { ProcessEngine } from './inference/process-engine.js';
import { createScheduler } from './inference/scheduler.js';
import { unknownPreloads } from './inference/unknown-preloads.js';
import { watchModels } from './inference/watch-models.js';
import { interpreterBackend } from './interpret/interpreter-backend.js';
import { createProcessInterpreter } from './interpret/process-interpreter.js';
import { createJobProcesses } from './job-worker/job-processes.js';
import type { Jobs } from './jobs/jobs.js';
import { deleteOldJobs } from './jobs/retention.js';
import { createLog, logNode } from './log.js';
import { checkModelsFolder } from './models/models-folder.js';
import { openModelSource } from './models/open-source.js';
import { useAtStart } from './objects/at-start.js';
import { openImports, openServedModels, servingNewModels } from './served-models.js';
import { StartError } from './server/bind.js';
import { createBodyDecoder } from './server/body/body-decoder.js';
import { createBodyThread } from './server/body/body-thread.js';
import { createMemoryBudget, SMALL_BODY } from './server/body/memory-budget.js';
import { endInTime } from './server/ending.js';
import { createJobMetrics } from './server/metrics/job-metrics.js';
import { createMetrics } from './server/metrics/metrics.js';
import { createModelMetrics } from './server/metrics/model-metrics.js';
import { registerProcessMetrics } from './server/metrics/process-metrics.js';
import { createStoreMetrics } from './server/metrics/store-metrics.js';
import { type Access, openAccess } from './server/middleware/access.js';
import { openShared } from './server/middleware/open-shared.js';
import { createOwnLimits } from './server/middleware/rate-limits.js';
import { openPorts, type PortSettings } from './server/ports.js';
import { rehearse } from './server/rehearsal.js';
import type { AppDependencies, Readiness, Service } from './server/service.js';
import { createStreams } from './server/stream/streams.js';
import { hasTerminal, watchSignals } from './signals.js';
import { openTracer } from './tracing/open-tracer.js';

/** Bytes of decoded stimuli that are not counted: a hundred of 50x50. */
const SMALL_STIMULI = 2 ** 20;
/** Stimuli handed to the engine at a time. */
const CHUNK = 32;
/** What a sweep may hold up a prediction for. */
const SWEEP_MILLISECONDS = 40;

/** A stimulus that a clone holds. */
const EXAMPLE = 'docs/example.png';
/** Folders next to that of the compiled service. */
const PAGE_FOLDER = fileURLToPath(new URL('../page', import.meta.url));
const GUIDE_FOLDER = fileURLToPath(new URL('../guide', import.meta.url));

const clock = () => performance.now();

/**
 * Runs the service until a signal ends the process. It exits with 0 after a requested stop, with 1
 * where it cannot start or does not stop in time, and with 2 where a setting is wrong.
 * @param environment settings by the names of their environment variables
 */
export async function runService(environment: Environment): Promise<void> {
  try {
    const config = readConfig(environment);
    await checkModelsFolder(config.MODELS_DIR);
    const logger = createLog('service', config.LOG_LEVEL);
    logNode(logger);
    const tracer = await openTracer(config.OTEL_EXPORTER_OTLP_ENDPOINT, 'hypercolumn', logger);
    await serve(config, readAccess(config, logger), { logger, tracer });
  } catch (error) {
    if (!(error instanceof InputError || error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(error instanceof InputError ? 2 : 1);
  }
}

/** Listens immediately, so that probes are answered; accepts requests when the models are loaded. */
async function serve(
  config: Config,
  access: Access,
  { logger, tracer }: Pick<AppDependencies, 'logger' | 'tracer'>,
): Promise<void> {
  let readiness: Readiness = { state: 'loading' };
  let engine: ProcessEngine | undefined;
  const cut = new AbortController();
  const registry = new Registry();
  registerProcessMetrics(registry, () => engine?.pid);
  const metrics = createMetrics(registry, () =>
    readiness.state === 'loading' ? 0 : readiness.service.scheduler.depth,
  );
  const streams = createStreams({
    most: config.MAX_STREAMS,
    closing: () => readiness.state === 'draining',
    cut: cut.signal,
    metrics,
    logger,
    tracer,
    clock,
    clockStart: performance.timeOrigin,
  });
  const memoryEvents = createModelMetrics(registry, () =>
    readiness.state === 'loading' ? undefined : readiness.service.catalogue,
  );
  createJobMetrics(registry, { jobs: () => currentJobs(readiness), now: Date.now });
  const threads = {
    quick: createBodyThread({ isKept: true }),
    bulk: createBodyThread({ isKept: false }),
  };
  const setAnalysis = createSetAnalysis();
  const ownLimits = createOwnLimits(clock);
  const shared = await openShared(config.REDIS_URL, ownLimits, logger);
  const parts: AppDependencies = {
    bodies: createMemoryBudget({
      capacity: config.MAX_BODIES,
      share: config.MAX_BODIES / 2,
      small: SMALL_BODY,
    }),
    decoder: createBodyDecoder({
      threads,
      // A pixel of one byte becomes a number of four.
      memory: createMemoryBudget({ capacity: 4 * config.MAX_BODIES, small: SMALL_STIMULI }),
    }),
    setAnalysis,
    readiness: () => readiness,
    pageFolder: PAGE_FOLDER,
    guideFolder: GUIDE_FOLDER,
    access,
    sharedAnswers: shared?.answers,
    rateLimits: shared?.limits ?? ownLimits,
    limits: {
      maxBody: config.MAX_BODY,
      maxStimuli: config.MAX_STIMULI,
      maxPixels: config.MAX_PIXELS,
    },
    streams,
    cut: cut.signal,
    metrics,
    storeMetrics: createStoreMetrics(registry, () => cacheBytes(readiness)),
    logger,
    tracer,
    clock,
  };
  let listened = clock();
  const ports = await openPorts(parts, portSettings(config), (what, url) => {
    process.stdout.write(stepLine(what, url, clock() - listened));
    logger.info({ url }, what);
    listened = clock();
  });
  const signals = watchSignals(logger);

  let reload = async () => {}; // nothing has been read yet
  const onTerminal = hasTerminal();
  process.on('SIGHUP', () => {
    if (onTerminal && !hasTerminal()) process.exit(129);
    access.keys?.reload();
    void reload();
  });

  void signals.first.then(async () => {
    if (readiness.state !== 'loading') return;
    await ports.close();
    await ports.closeHealth();
    if (readiness.state === 'loading') process.exit(0);
  });

  const source = await openModelSource(config.MODELS_DIR, storageSettings(config), logger);
  const models = await openServedModels(config, { source, logger, metrics, memoryEvents, clock });
  const { catalogue } = models;
  engine = models.engine;
  reload = () => reloadModels(catalogue, logger);
  const setting = { name: 'MODELS_DIR', place: config.MODELS_DIR } as const;
  await useAtStart({ setting, missing: 'no models yet', logger }, () => catalogue.reload());
  const preloadFault = unknownPreloads(config.PRELOAD, catalogue);
  if (preloadFault !== undefined) logger.warn(preloadFault);
  const loaded = String(catalogue.served.length);
  process.stdout.write(stepLine('loading models', loaded, clock() - listened));
  const scheduling = {
    engine,
    capacity: config.QUEUE_CAPACITY,
    chunk: CHUNK,
    sweepMilliseconds: SWEEP_MILLISECONDS,
    clock,
  };
  const scheduler = createScheduler({ ...scheduling, onBatch: metrics.batch });
  const jobProcesses = createJobProcesses({ worker: jobWorkerOptions(config), logger, tracer });
  const data = await openDataFolder(config, {
    models: source,
    logger,
    run: servingNewModels(jobProcesses.run, () => catalogue.poll(), logger),
  });
  const interpreter = createProcessInterpreter({
    backend: interpreterBackend(config.INSIDE_BACKEND, engine.description),
    models: source,
    logger,
  });
  const service: Service = {
    catalogue,
    scheduler,
    engine: engine.description,
    interpreter,
    store: data.store,
    quick: data.quick,
    training: data.training,
    imports: openImports(config, source, storageSettings(config)),
    get jobs() {
      return data.jobs.current;
    },
  };
  if (config.JOB_DAYS > 0) {
    deleteOldJobs({ jobs: () => service.jobs, days: config.JOB_DAYS, now: Date.now, logger });
  }
  await rehearse(parts, service, scheduling).catch((err: unknown) =>
    logger.warn({ err }, 'the first answers will be slower: the rehearsal failed'),
  );
  readiness = { state: 'ready', service };
  const image = existsSync(EXAMPLE) ? EXAMPLE : 'image.png';
  const here = { image, hasGuide: existsSync(GUIDE_FOLDER) };
  process.stdout.write(
    announcement(
      ports,
      engine.description,
      catalogue,
      data.keeping(shared?.isThere),
      here,
      preloadFault,
    ),
  );

  const stopWatching =
    config.MODELS_POLL > 0
      ? watchModels({ catalogue, seconds: config.MODELS_POLL, logger })
      : undefined;

  const signal = await signals.first;
  stopWatching?.();
  readiness = { state: 'draining', service };
  reload = async () => {};
  logger.info({ signal }, 'shutting down');
  const depth = () => scheduler.depth;
  endInTime(config.DRAIN_SECONDS, {
    cut,
    server: ports,
    depth,
    logger,
    end: () => process.exit(1),
  });
  // a person at the keyboard waits for no balancer
  if (signal === 'SIGTERM') await pause(config.GRACE_SECONDS * 1000);
  await Promise.all([streams.close(), data.jobs.close()]);
  await jobProcesses.close();
  await ports.close();
  // `endInTime` ends it
  if (cut.signal.aborted) return;
  await scheduler.drain();
  await interpreter.close();
  await engine.close();
  shared?.close();
  await Promise.all([threads.quick.close(), threads.bulk.close(), setAnalysis.close()]);
  await ports.closeHealth();
  await tracer.close();
  logger.info('stopped');
  process.exit(0);
}

function portSettings(config: Config): PortSettings {
  return {
    host: config.HOST,
    port: config.PORT,
    healthPort: config.HEALTH_PORT,
    streamHost: config.STREAM_HOST,
    streamPort: config.STREAM_PORT,
    limits: {
      maxConnections: config.MAX_CONNECTIONS,
      maxConnectionsPerAddress: config.MAX_CONNECTIONS_PER_ADDRESS,
    },
  };
}

function currentJobs(readiness: Readiness): Jobs | undefined {
  if (readiness.state === 'loading' || 'unusable' in readiness.service.jobs) return undefined;
  return readiness.service.jobs;
}

function cacheBytes(readiness: Readiness): number {
  if (readiness.state === 'loading' || 'unusable' in readiness.service.store) return 0;
  return readiness.service.store.responses.bytes;
}

async function reloadModels(catalogue: ModelRepository, logger: Logger): Promise<void> {
  try {
    await catalogue.reload();
    logger.info({ models: catalogue.served.length }, 'reloaded');
  } catch (err) {
    logger.error({ err }, 'MODELS_DIR cannot be read; what was served still is');
  }
}

/** @throws InputError when the keys cannot be used, or when clients of the network would need none */
function readAccess(config: Config, logger: Logger): Access {
  const settings = {
    host: config.HOST,
    streamHost: config.STREAM_PORT === undefined ? undefined : config.STREAM_HOST,
    keysFile: config.API_KEYS_FILE,
    allowAnonymous: config.ALLOW_ANONYMOUS === '1',
    maxConcurrent: config.MAX_CONCURRENT,
    origins: config.CORS_ORIGINS,
  };
  return openAccess(settings, logger);
}
