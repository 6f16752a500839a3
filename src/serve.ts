import { Registry } from 'prom-client';
import { type Environment, readConfig } from './config.js';
import { InputError } from './errors.js';
import type { InferenceProcess } from './inference/inference-process.js';
import { createLog, logNode } from './log.js';
import { checkModelsFolder } from './models/models-folder.js';
import { openServedModels } from './served-models.js';
import { StartError } from './server/bind.js';
import { createMetrics } from './server/metrics/metrics.js';
import { createModelMetrics } from './server/metrics/model-metrics.js';
import type { Readiness } from './server/service.js';
import { openTracer } from './tracing/open-tracer.js';

/**
 * Runs the service until a signal ends the process. It exits with 0 after a requested stop, with 1
 * where it cannot start or does not stop in time, and with 2 where a setting is wrong.
 * @param environment settings by the names of their environment variables
 * @param inference the process that computes first
 */
export async function runService(
  environment: Environment,
  inference: InferenceProcess,
): Promise<void> {
  try {
    const config = readConfig(environment);
    await checkModelsFolder(config.MODELS_DIR);
    const logger = createLog('service', config.LOG_LEVEL);
    logNode(logger);
    const tracer = await openTracer(config.OTEL_EXPORTER_OTLP_ENDPOINT, 'hypercolumn', logger);
    const state: { readiness: Readiness } = { readiness: { state: 'loading' } };
    const service = () =>
      state.readiness.state === 'loading' ? undefined : state.readiness.service;
    const registry = new Registry();
    const metrics = createMetrics(registry, () => service()?.scheduler.depth ?? 0);
    const memoryEvents = createModelMetrics(registry, () => service()?.catalogue);
    const clock = () => performance.now();
    const models = openServedModels(config, { inference, logger, metrics, memoryEvents, clock });
    models.catch(() => undefined); // the server reports it
    // The models are loaded while the modules of the server are.
    const { runServer } = await import('./run-server.js');
    await runServer(config, { state, registry, metrics, models, logger, tracer });
  } catch (error) {
    if (!(error instanceof InputError || error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(error instanceof InputError ? 2 : 1);
  }
}
