import type * as tf from '@tensorflow/tfjs';
import { InputError } from '../../errors.js';

/**
 * Makes a backend that is loaded the one that computes in this process.
 * @throws InputError when it does not start
 */
export async function activate(name: string): Promise<tf.KernelBackend> {
  const { backend, ready, setBackend } = await import('@tensorflow/tfjs');
  if (!(await setBackend(name))) {
    throw new InputError(`the ${name} backend does not start on this machine`);
  }
  await ready();
  return backend();
}
