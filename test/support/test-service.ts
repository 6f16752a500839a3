import { onTestFinished } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { SMALLEST_SIDE, saveConstantModel } from './saved-models.js';
import { type RunningService, startService } from './service.js';
import { temporaryFolder } from './store.js';

/** A gray stimulus for the constant model. */
export const GRAY_NPY = new Uint8Array(
  encodeNpy(new Float32Array(SMALLEST_SIDE ** 2).fill(0.5), [SMALLEST_SIDE, SMALLEST_SIDE]),
);

/** @returns a models folder with the constant model, which is deleted when the test ends */
export async function constantModelFolder(): Promise<string> {
  const models = await temporaryFolder();
  await saveConstantModel(models, 'constant');
  return models;
}

/**
 * Starts the service without a grace period, and with the constant model unless `MODELS_DIR` is given.
 * It is killed when the test ends.
 */
export async function startTestService(
  environment: Record<string, string> = {},
): Promise<RunningService> {
  const { MODELS_DIR = await constantModelFolder() } = environment;
  const service = await startService({ GRACE_SECONDS: '0', ...environment, MODELS_DIR });
  onTestFinished(() => service.kill());
  return service;
}

/** Requests the responses of a model to the gray stimulus. */
export function requestResponses(url: string, model = 'constant'): Promise<Response> {
  const headers = { 'Content-Type': 'application/x-npy' };
  return fetch(`${url}/v1/models/${model}/responses`, { method: 'POST', body: GRAY_NPY, headers });
}
