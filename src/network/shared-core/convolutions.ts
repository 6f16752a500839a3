import * as tf from '@tensorflow/tfjs';
import type { BlockPass } from '../block-pass.js';

/**
 * A valid convolution at every so many pixels. The pixels between two places become channels, so that it is one with a
 * stride of 1: some backends have no gradient of another.
 * @param x [B, H, W, in]
 * @param filters [k, k, in, out]
 * @param stride divides H - k and W - k
 */
export function convolveEvery(x: tf.Tensor4D, filters: tf.Tensor4D, stride: number): tf.Tensor4D {
  const [side, , from, to] = filters.shape;
  const cells = Math.ceil(side / stride);
  const more: [number, number] = [0, cells * stride - side];
  const [batch, height, width] = x.shape;
  const [rows, columns] = [(height + more[1]) / stride, (width + more[1]) / stride];
  const apart = x
    .pad([[0, 0], more, more, [0, 0]])
    .reshape([batch, rows, stride, columns, stride * from])
    .transpose([0, 1, 3, 2, 4])
    .reshape<tf.Tensor4D>([batch, rows, columns, stride * stride * from]);
  const filtersApart = filters
    .pad([more, more, [0, 0], [0, 0]])
    .reshape([cells, stride, cells, stride * from, to])
    .transpose([0, 2, 1, 3, 4])
    .reshape<tf.Tensor4D>([cells, cells, stride * stride * from, to]);
  return tf.conv2d(apart, filtersApart, 1, 'valid');
}

/** A 3x3 convolution whose map has the size of its input: the kernels of some backends are for valid ones alone. */
export function convolveSame(map: tf.Tensor4D, weight: tf.Tensor4D): tf.Tensor4D {
  return tf.conv2d(map.pad(FRAME), weight, 1, 'valid');
}

const FRAME: [number, number][] = [
  [0, 0],
  [1, 1],
  [1, 1],
  [0, 0],
];

/** The bias and the batch norm of a block, and an ELU. */
export function activate(block: string, map: tf.Tensor4D, pass: BlockPass): tf.Tensor4D {
  const bias = pass.take(`${block}.convolution.bias`).flatten();
  return pass.normalise(block, map.add(bias)).elu();
}

/** [1, k, k, in, out] -> [k, k, in, out] */
export function filters(block: string, { take }: BlockPass): tf.Tensor4D {
  const weight = take(`${block}.convolution.weight`);
  return weight.reshape(weight.shape.slice(1) as [number, number, number, number]);
}
