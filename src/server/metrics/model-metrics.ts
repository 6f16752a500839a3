import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ModelRepository } from '../../inference/catalogue.js';
import type { MemoryEvents } from '../../inference/model-memory.js';

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * Registers how many models there are, what the loaded ones take, and how often models are loaded.
 * @param catalogue read at every scrape; undefined while the models are being loaded at the start
 * @returns what to call when a model is loaded or makes room
 */
export function createModelMetrics(
  registry: Registry,
  catalogue: () => ReadModels | undefined,
): MemoryEvents {
  const registers = [registry];
  const gauge = (name: string, help: string, read: (models: ReadModels) => number) =>
    new Gauge({
      name: `hypercolumn_${name}`,
      help,
      registers,
      collect() {
        const models = catalogue();
        this.set(models === undefined ? 0 : read(models));
      },
    });
  gauge('models_known', 'Versions of models, those that are not served included', countKnown);
  gauge('models_loaded', 'Models that the engine has loaded', ({ memory }) => memory.count);
  gauge('model_memory_bytes', 'What the loaded models take', ({ memory }) => memory.bytes);
  gauge('model_memory_limit_bytes', 'MODEL_MEMORY', ({ memory }) => memory.capacity);
  const loads = new Counter({
    name: 'hypercolumn_model_loads_total',
    help: 'Models loaded into the engine, and attempts that failed',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['success', 'failure']) loads.inc({ result }, 0);
  const evictions = new Counter({
    name: 'hypercolumn_model_evictions_total',
    help: 'Models unloaded to make room for others',
    registers,
  });
  const seconds = new Histogram({
    name: 'hypercolumn_model_load_seconds',
    help: 'Loading one model, golden responses computed',
    buckets: SECONDS,
    registers,
  });
  return {
    load(duration, isLoaded) {
      loads.inc({ result: isLoaded ? 'success' : 'failure' });
      if (isLoaded) seconds.observe(duration);
    },
    eviction: () => evictions.inc(),
  };
}

type ReadModels = Pick<ModelRepository, 'served' | 'unusable' | 'memory'>;

/** A version whose replacement failed is in both lists. */
function countKnown({ served, unusable }: ReadModels): number {
  return new Set([...served, ...unusable].map(({ name, version }) => `${name}/${version}`)).size;
}
