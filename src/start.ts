import type { Environment } from './config.js';
import { startInferenceProcess } from './inference/inference-process.js';

/**
 * Runs the service, as `runService`. The inference process starts while the modules of the service are loaded, which
 * takes as long.
 */
export async function startService(environment: Environment): Promise<void> {
  const inference = startInferenceProcess();
  const { runService } = await import('./serve.js');
  await runService(environment, inference);
}
