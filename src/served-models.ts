import { availableParallelism, totalmem } from 'node:os';
import type { Logger } from 'pino';
import { type Config, storageSettings } from './config.js';
import { messageOf } from './errors.js';
import type { ModelRepository } from './inference/catalogue.js';
import type { InferenceProcess } from './inference/inference-process.js';
import { modelBytes } from './inference/model-bytes.js';
import type { MemoryEvents } from './inference/model-memory.js';
import { createModelRepository } from './inference/model-repository.js';
import { createProcessEngine, type ProcessEngine } from './inference/process-engine.js';
import { usedPrecision } from './inference/used-precision.js';
import type { ModelSource } from './models/model-source.js';
import { openModelSource } from './models/open-source.js';
import { useAtStart } from './objects/at-start.js';
import { StartError } from './server/bind.js';
import type { Metrics } from './server/metrics/metrics.js';

/** An engine, and the models that it computes. */
export interface ServedModels {
  readonly source: ModelSource;
  readonly engine: ProcessEngine;
  readonly catalogue: ModelRepository;
  /** Resolves when the models have been read, and those loaded that stay loaded. */
  readonly loaded: Promise<void>;
}

export interface ServedModelsOptions {
  /** The process that computes first. */
  readonly inference: InferenceProcess;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly memoryEvents: MemoryEvents;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** @throws StartError when the engine that the settings name does not work here */
export async function openServedModels(
  config: Config,
  { inference, logger, metrics, memoryEvents, clock }: ServedModelsOptions,
): Promise<ServedModels> {
  const { ENGINE, THREADS, MODEL_MEMORY, PRELOAD: preload, PRECISION: precision } = config;
  const threads = THREADS || availableParallelism();
  const source = await openModelSource(config.MODELS_DIR, storageSettings(config), logger);
  const engine = await createProcessEngine({
    choice: { engine: ENGINE, threads, precision },
    first: inference,
    logger,
    onRestart: metrics.engineRestart,
    onModelLost: (digest, reason) => catalogue.lose(digest, reason),
  }).catch((cause: unknown) => {
    const reason = messageOf(cause);
    const setting = precision === 'float32' ? `ENGINE=${ENGINE}` : `PRECISION=${precision}`;
    throw new StartError(`${setting} cannot be used: ${reason}`, { cause });
  });
  const { name } = engine.description;
  const catalogue = createModelRepository({
    source,
    engine,
    logger,
    clock,
    capacity: MODEL_MEMORY || availableMemory() / 2,
    bytesOf: (model) => modelBytes(model.card, name, threads, model.precision),
    precisionOf: (card) => usedPrecision(card, precision),
    preload,
    memoryEvents,
    onChange: metrics.models,
  });
  const setting = { name: 'MODELS_DIR', place: config.MODELS_DIR } as const;
  const loaded = useAtStart({ setting, missing: 'no models yet', logger }, () =>
    catalogue.reload(),
  );
  loaded.catch(() => undefined); // the server reports it
  return { source, engine, catalogue, loaded };
}

/** Bytes that this process may use: those of the machine, or of its container. */
function availableMemory(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}
