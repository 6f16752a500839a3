import * as tf from '@tensorflow/tfjs';
import { InputError } from '../../errors.js';
import type { BackendDefinition, BackendLimits } from './definition.js';
import { BACKEND_NAMES, BACKENDS, type BackendName, isBackendName } from './index.js';

/** The tfjs backend that computes in this process. */
export interface Backend extends BackendLimits {
  readonly name: BackendName;
  /** A label: `NVIDIA GPU`, `2 CPU threads`. */
  readonly device: string;
  readonly isGpu: boolean;
  /** Bytes that a tensor may have; undefined where memory alone is the limit. */
  readonly largestTensor: number | undefined;
}

/**
 * Makes a backend the one that computes in this process.
 * @param choice a name, or `auto` for the first that works
 * @throws InputError with the reason when the chosen one does not work here
 */
export async function openBackend(choice: BackendName | 'auto'): Promise<Backend> {
  if (choice !== 'auto') return await open(choice, true);
  for (const name of BACKEND_NAMES) {
    const backend = await openIfPossible(name);
    if (backend) return backend;
  }
  throw new InputError('no tfjs backend works on this machine');
}

/** Makes the first backend that computes on a GPU here the one that computes, if there is one. */
export async function openGpuBackend(): Promise<Backend | undefined> {
  for (const name of BACKEND_NAMES) {
    if (BACKENDS[name].isGpu === false) continue;
    const backend = await openIfPossible(name);
    if (backend?.isGpu) return backend;
  }
  return undefined;
}

/** Whether the backend that computes in this process does so on a GPU. */
export function isOnGpu(): boolean {
  const name = tf.getBackend();
  if (!isBackendName(name)) return false;
  const { isGpu }: BackendDefinition = BACKENDS[name];
  return typeof isGpu === 'boolean' ? isGpu : isGpu(tf.backend());
}

async function open(name: BackendName, isNamed: boolean): Promise<Backend> {
  const { isBatchInvariant, bufferBytes, ...definition }: BackendDefinition = BACKENDS[name];
  const device = await definition.open(isNamed);
  const largestTensor = definition.largestTensor?.(tf.backend());
  return { name, device, isGpu: isOnGpu(), isBatchInvariant, bufferBytes, largestTensor };
}

async function openIfPossible(name: BackendName): Promise<Backend | undefined> {
  try {
    return await open(name, false);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
