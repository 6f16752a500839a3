import * as tf from '@tensorflow/tfjs';

/**
 * Mean squared error of each neuron over a batch.
 * @param responses predicted, [B, N]
 * @param targets real, [B, N]
 * @returns [N]
 */
export function meanSquaredError(responses: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
  return tf.squaredDifference(responses, targets).mean<tf.Tensor1D>(0);
}
