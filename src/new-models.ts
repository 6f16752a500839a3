import { tmpdir } from 'node:os';
import type { Logger } from 'pino';
import { type Config, storageSettings } from './config.js';
import { TRAIN_JOB } from './datasets/data-jobs.js';
import { createNetworkImports, type NetworkImports } from './imports/network-imports.js';
import type { RunJob } from './jobs/job-runner.js';
import type { ModelSource } from './models/model-source.js';
import { openModelPlace } from './models/publish-next.js';

/** Opens the imports over HTTP, where the settings allow them. */
export function openImports(config: Config, source: ModelSource): NetworkImports | 'off' {
  if (config.ALLOW_IMPORT === '0') return 'off';
  return createNetworkImports({
    scratch: tmpdir(),
    place: openModelPlace(config.MODELS_DIR, storageSettings(config), source),
  });
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
