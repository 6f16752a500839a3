import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { announcement, stepLine } from './announcement.js';
import type { Config } from './config.js';
import { jobWorkerOptions, openDataFolder } from './data-folder.js';
import { messageOf } from './errors.js';
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
import { openImports, servingNewModels } from './new-models.js';
import type { ServedModels } from './served-models.js';
import { createBodyDecoder } from './server/body/body-decoder.js';
import { createBodyThread } from './server/body/body-thread.js';
import { createMemoryBudget, SMALL_BODY } from './server/body/memory-budget.js';
import { endInTime } from './server/ending.js';
import { createJobMetrics } from './server/metrics/job-metrics.js';
import type { Metrics } from './server/metrics/metrics.js';
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
import { loadImageLibrary } from './stimulus/image-library.js';
import type { Tracer } from './tracing/tracer.js';

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

/** What is there before the server. */
export interface ServerParts {
  /** What requests find, and metrics. */
  readonly state: { readiness: Readiness };
  readonly registry: Registry;
  readonly metrics: Metrics;
  /** They may be opened and loaded meanwhile. */
  readonly models: Promise<ServedModels>;
  readonly logger: Logger;
  readonly tracer: Tracer;
}

/** Listens immediately, so that probes are answered; accepts requests when the models are loaded. */
export async function runServer(config: Config, parts: ServerParts): Promise<void> {
  const { state, registry, metrics, logger, tracer } = parts;
  const access = readAccess(config, logger);
  let computing: ProcessEngine | undefined;
  const cut = new AbortController();
  registerProcessMetrics(registry, () => computing?.pid);
  const streams = createStreams({
    most: config.MAX_STREAMS,
    closing: () => state.readiness.state === 'draining',
    cut: cut.signal,
    metrics,
    logger,
    tracer,
    clock,
    clockStart: performance.timeOrigin,
  });
  createJobMetrics(registry, { jobs: () => currentJobs(state.readiness), now: Date.now });
  const threads = {
    quick: createBodyThread({ isKept: true }),
    bulk: createBodyThread({ isKept: false }),
  };
  const setAnalysis = createSetAnalysis();
  const ownLimits = createOwnLimits(clock);
  const shared = await openShared(config.REDIS_URL, ownLimits, logger);
  const dependencies: AppDependencies = {
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
    readiness: () => state.readiness,
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
    storeMetrics: createStoreMetrics(registry, () => cacheBytes(state.readiness)),
    logger,
    tracer,
    // Once the answer is written, so that the client has it earlier.
    afterAnswer: (task) => void setImmediate(task),
    clock,
  };
  // First, so that a service that listens ends as it is asked to.
  const signals = watchSignals(logger);
  let listened = clock();
  const ports = await openPorts(dependencies, portSettings(config), (what, url) => {
    process.stdout.write(stepLine(what, url, clock() - listened));
    logger.info({ url }, what);
    listened = clock();
  });

  let reload = async () => {}; // nothing has been read yet
  const onTerminal = hasTerminal();
  process.on('SIGHUP', () => {
    if (onTerminal && !hasTerminal()) process.exit(129);
    access.keys?.reload();
    void reload();
  });

  void signals.first.then(async () => {
    if (state.readiness.state !== 'loading') return;
    await ports.close();
    await ports.closeHealth();
    if (state.readiness.state === 'loading') process.exit(0);
  });

  const models = await parts.models;
  const { source, engine, catalogue } = models;
  computing = engine;
  reload = () => reloadModels(catalogue, logger);
  const jobProcesses = createJobProcesses({ worker: jobWorkerOptions(config), logger, tracer });
  const data = await openDataFolder(config, {
    models: source,
    logger,
    run: servingNewModels(jobProcesses.run, () => catalogue.poll(), logger),
  });
  const scheduling = {
    engine,
    capacity: config.QUEUE_CAPACITY,
    chunk: CHUNK,
    sweepMilliseconds: SWEEP_MILLISECONDS,
    clock,
  };
  const scheduler = createScheduler({ ...scheduling, onBatch: metrics.batch });
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
    imports: openImports(config, source),
    get jobs() {
      return data.jobs.current;
    },
  };
  if (config.JOB_DAYS > 0) {
    deleteOldJobs({ jobs: () => service.jobs, days: config.JOB_DAYS, now: Date.now, logger });
  }
  const rehearsal = rehearse(dependencies, service, {
    scheduling,
    source,
    loaded: models.loaded,
  }).catch((err: unknown) =>
    logger.warn({ err }, 'the first answers will be slower: the rehearsal failed'),
  );
  // While the inference process loads the models. Without it, all but image files is served.
  loadImageLibrary().catch((err: unknown) => logger.warn({ err }, messageOf(err)));
  await models.loaded;
  const preloadFault = unknownPreloads(config.PRELOAD, catalogue);
  if (preloadFault !== undefined) logger.warn(preloadFault);
  const loaded = String(catalogue.served.length);
  process.stdout.write(stepLine('loading models', loaded, clock() - listened));
  await rehearsal;
  state.readiness = { state: 'ready', service };
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
  state.readiness = { state: 'draining', service };
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
