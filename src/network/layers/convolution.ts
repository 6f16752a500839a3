import * as tf from '@tensorflow/tfjs';
import { isOnGpu } from '../backends/open.js';

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
  if (isOnGpu()) {
    return groupedConvolution(x, sideBySide(weight));
  }
  const [batch, height, width, all] = x.shape;
  const map: [number, number, number, number] = [batch, height, width, all / neurons];
  // split as matrices, whose gradient is one concatenation
  const maps = tf.split(x.reshape([-1, all]), neurons, 1); // N of [B·h·w, in]
  const filters = tf.split(weight.reshape([neurons, -1]), neurons, 0); // N of [1, k·k·in·out]
  // one call per neuron: the other backends have no grouped convolution
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
export function sideBySide(weight: tf.Tensor5D): tf.Tensor4D {
  const [neurons, height, width, from, to] = weight.shape;
  return weight.transpose([1, 2, 3, 0, 4]).reshape([height, width, from, neurons * to]);
}

/**
 * Valid convolution of each group of channels with its own filters, in one operation, where the
 * backend's kernels can: not with wasm's. tf.conv2d does not let a filter have fewer input channels
 * than the map.
 * @param x [B, h, w, N·in]
 * @param filters [k, k, in, N·out]
 * @returns [B, h-k+1, w-k+1, N·out]
 */
export function groupedConvolution(x: tf.Tensor4D, filters: tf.Tensor4D): tf.Tensor4D {
  const attributes = { strides: 1, dilations: 1, pad: 'valid', dataFormat: 'NHWC' };
  const run = (kernel: string, inputs: tf.NamedTensorMap, shapes: Record<string, number[]> = {}) =>
    tf.engine().runKernel(kernel, inputs, { ...attributes, ...shapes }) as tf.Tensor4D;
  const convolve = tf.customGrad((map, filter, save) => {
    const inputs = { x: map as tf.Tensor, filter: filter as tf.Tensor };
    (save as tf.GradSaveFunc)([inputs.x, inputs.filter]);
    return {
      value: run('Conv2D', inputs),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, filter] = saved as [tf.Tensor, tf.Tensor];
        return [
          run('Conv2DBackpropInput', { dy, filter }, { inputShape: x.shape }),
          run('Conv2DBackpropFilter', { x, dy }, { filterShape: filter.shape }),
        ];
      },
    };
  });
  return convolve(x, filters);
}
