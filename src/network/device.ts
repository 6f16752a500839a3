import * as tf from '@tensorflow/tfjs';
import type { NamedTensor } from '../formats/safetensors.js';
import type { Parameters } from './block-pass.js';
import { isOfCore } from './shared-core/parameters.js';

/** Copies parameters to the device of the backend that is open. */
export function toDevice(parameters: ReadonlyMap<string, NamedTensor>): Parameters {
  return Object.fromEntries(
    [...parameters].map(([name, { shape, data }]) => [
      name,
      tf.tensor(data, [...shape], 'float32'),
    ]),
  );
}

/** The parameters of some neurons, as copies on the device. */
export function selectOnDevice(parameters: Parameters, rows: Int32Array): Parameters {
  return tf.tidy(() => {
    const indices = tf.tensor1d(rows, 'int32');
    return Object.fromEntries(
      Object.entries(parameters).map(([name, tensor]) => {
        if (isOfCore(name)) return [name, tensor.clone()];
        const whole = rows.length === tensor.shape[0] && rows.every((row, index) => row === index);
        return [name, whole ? tensor.clone() : tf.gather(tensor, indices)];
      }),
    );
  });
}
