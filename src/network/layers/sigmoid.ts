import * as tf from '@tensorflow/tfjs';
import { sigmoidGradient } from '../backends/tensorflow/operations.js';

/** 1 / (1 + e^-x), its gradient in one pass where the backend has one. */
export function sigmoid(x: tf.Tensor4D): tf.Tensor4D {
  if (tf.getBackend() !== 'tensorflow') return x.sigmoid();
  const activated = tf.customGrad((input, save) => {
    const value = (input as tf.Tensor4D).sigmoid();
    (save as tf.GradSaveFunc)([value]);
    return { value, gradFunc: (dy: tf.Tensor, [y]: tf.Tensor[]) => sigmoidGradient(y!, dy) };
  });
  return activated(x);
}
