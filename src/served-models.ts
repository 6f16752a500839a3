import { availableParallelism, tmpdir, totalmem } from 'node:os';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { TRAIN_JOB } from './datasets/data-jobs.js';
import { messageOf } from './errors.js';
import { createNetworkImports, type NetworkImports } from './imports/network-imports.js';
import type { ModelRepository } from './inference/catalogue.js';
import { modelBytes } from './inference/model-bytes.js';
import type { MemoryEvents } from './inference/model-memory.js';
import { createModelRepository } from './inference/model-repository.js';
import { createProcessEngine, type ProcessEngine } from './inference/process-engine.js';
import type { RunJob } from './jobs/job-runner.js';
import type { ModelSource } from './models/model-source.js';
import { openModelPlace } from './models/publish-next.js';
import type { StorageSettings } from './objects/open-objects.js';
import { StartError } from './server/bind.js';
import type { Metrics } from './server/metrics/metrics.js';

/** An engine, and the models that it computes; none before the first `catalogue.reload`. */
export interface ServedModels {
  readonly engine: ProcessEngine;
  readonly catalogue: ModelRepository;
}

export interface ServedModelsOptions {
  readonly source: ModelSource;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly memoryEvents: MemoryEvents;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** @throws StartError when the engine that the settings name does not work here */
export async function openServedModels(
  config: Config,
  { source, logger, metrics, memoryEvents, clock }: ServedModelsOptions,
): Promise<ServedModels> {
  const { ENGINE, THREADS, MODEL_MEMORY, PRELOAD: preload } = config;
  const threads = THREADS || availableParallelism();
  const engine = await createProcessEngine({
    choice: { engine: ENGINE, threads },
    logger,
    onRestart: metrics.engineRestart,
    onModelLost: (digest, reason) => catalogue.lose(digest, reason),
  }).catch((cause: unknown) => {
    const reason = messageOf(cause);
    throw new StartError(`ENGINE=${ENGINE} cannot be used: ${reason}`, { cause });
  });
  const { name } = engine.description;
  const catalogue = createModelRepository({
    source,
    engine,
    logger,
    clock,
    capacity: MODEL_MEMORY || availableMemory() / 2,
    bytesOf: ({ card }) => modelBytes(card, name, threads),
    preload,
    memoryEvents,
    onChange: metrics.models,
  });
  return { engine, catalogue };
}

/** Opens the imports over HTTP, where the settings allow them. */
export function openImports(
  { ALLOW_IMPORT, MODELS_DIR }: Config,
  source: ModelSource,
  storage: StorageSettings,
): NetworkImports | 'off' {
  if (ALLOW_IMPORT === '0') return 'off';
  return createNetworkImports({
    scratch: tmpdir(),
    place: openModelPlace(MODELS_DIR, storage, source),
  });
}

/** Bytes that this process may use: those of the machine, or of its container. */
function availableMemory(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}

/**
 * Makes a job that trains a model last until the model is served.
 * @param poll looks for new versions; models that were unloaded stay so
 */
export function servingNewModels(
  run: RunJob,
  poll: () => Promise<unknown>,
  logger: Pick<Logger, 'error'>,
): RunJob {
  return async (job, report, signal) => {
    const parts = await run(job, report, signal);
    if (job.order.kind === TRAIN_JOB.kind) {
      await poll().catch((err: unknown) =>
        logger.error({ err }, 'MODELS_DIR cannot be read; what was served still is'),
      );
    }
    return parts;
  };
}
