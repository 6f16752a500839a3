import * as tf from '@tensorflow/tfjs';
import { groupedConvolution, isTensorflowOnGpu } from '../tensorflow-operations.js';

/**
 * Valid convolution of each neuron's own channels with its own filters, without the bias.
 * @param x [B, h, w, N·in]
 * @param weight [N, k, k, in, out]
 * @returns [B, h-k+1, w-k+1, N·out]
 */
export function populationConvolution(x: tf.Tensor4D, weight: tf.Tensor5D): tf.Tensor4D {
  const [neurons, ...filter] = weight.shape;
  if (neurons === 1) return tf.conv2d(x, weight.reshape<tf.Tensor4D>(filter), 1, 'valid');
  // one operation, which a GPU needs to be busy; a CPU computes it slower than one for each neuron
  if (isTensorflowOnGpu()) return groupedConvolution(x, besideEachOther(weight));
  const [batch, height, width, all] = x.shape;
  const map: [number, number, number, number] = [batch, height, width, all / neurons];
  // split as matrices, whose gradient is one concatenation
  const maps = tf.split(x.reshape([-1, all]), neurons, 1); // N of [B·h·w, in]
  const filters = tf.split(weight.reshape([neurons, -1]), neurons, 0); // N of [1, k·k·in·out]
  // one call per neuron: tfjs has no grouped convolution
  const convolved = maps.map((own, neuron) =>
    tf.conv2d(
      own.reshape<tf.Tensor4D>(map),
      filters[neuron]!.reshape<tf.Tensor4D>(filter),
      1,
      'valid',
    ),
  );
  return tf.concat(convolved, 3); // [B, h-k+1, w-k+1, N·out]
}

/** Filters of a population, [N, k, k, in, out] -> [k, k, in, N·out] */
export function besideEachOther(weight: tf.Tensor5D): tf.Tensor4D {
  const [neurons, height, width, from, to] = weight.shape;
  return weight.transpose([1, 2, 3, 0, 4]).reshape([height, width, from, neurons * to]);
}
