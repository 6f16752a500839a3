import * as tf from '@tensorflow/tfjs';
import { sigmoidGradient } from '../backends/tensorflow/operations.js';
import { sigmoidGradient as sigmoidGradientOnWebgpu } from '../backends/webgpu/operations.js';

/** 1 / (1 + e^-x), its gradient in one pass where the backend has one. */
export function sigmoid(x: tf.Tensor4D): tf.Tensor4D {
  const gradients: Readonly<Record<string, typeof sigmoidGradient>> = {
    tensorflow: sigmoidGradient,
    webgpu: sigmoidGradientOnWebgpu,
  };
  const gradient = gradients[tf.getBackend()];
  if (gradient === undefined) return x.sigmoid();
  const activated = tf.customGrad((input, save) => {
    const value = (input as tf.Tensor4D).sigmoid();
    (save as tf.GradSaveFunc)([value]);
    return { value, gradFunc: (dy: tf.Tensor, [y]: tf.Tensor[]) => gradient(y!, dy) };
  });
  return activated(x);
}
