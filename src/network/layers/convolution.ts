import * as tf from '@tensorflow/tfjs';

/**
 * Valid convolution of each neuron's own channels with its own filters, without the bias.
 * @param x [B, h, w, N·in]
 * @param weight [N, k, k, in, out]
 * @returns [B, h-k+1, w-k+1, N·out]
 */
export function populationConvolution(x: tf.Tensor4D, weight: tf.Tensor5D): tf.Tensor4D {
  const [neurons, height, width, from, to] = weight.shape;
  if (neurons === 1) return tf.conv2d(x, weight.reshape([height, width, from, to]), 1, 'valid');
  const filters = tf.unstack(weight) as tf.Tensor4D[]; // N of [k, k, in, out]
  // one call per neuron: no tfjs backend has a grouped convolution with gradients
  const maps = tf.split(x, neurons, 3) as tf.Tensor4D[]; // N of [B, h, w, in]
  return tf.concat(
    maps.map((map, neuron) => tf.conv2d(map, filters[neuron]!, 1, 'valid')),
    3,
  ); // [B, h-k+1, w-k+1, N·out]
}

/**
 * The same where all neurons look at one map, the stimulus.
 * @param x [B, h, w, in]
 * @param weight [N, k, k, in, out]
 * @returns [B, h-k+1, w-k+1, N·out]
 */
export function sharedConvolution(x: tf.Tensor4D, weight: tf.Tensor5D): tf.Tensor4D {
  const [neurons, height, width, from, to] = weight.shape;
  const filter = weight.transpose([1, 2, 3, 0, 4]); // [k, k, in, N, out]
  return tf.conv2d(x, filter.reshape([height, width, from, neurons * to]), 1, 'valid');
}
