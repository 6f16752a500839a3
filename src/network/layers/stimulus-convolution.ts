import * as tf from '@tensorflow/tfjs';
import { sideBySide } from './convolution.js';

/**
 * Valid convolution of the stimuli with the filters of all neurons, and its 2x2 max pool. Odd rows and
 * columns at the end are dropped. The filters have a gradient, the stimuli on some backends none.
 * @param stimuli [B, h, w, in]
 * @param weight [N, k, k, in, C]
 * @returns [B, (h-k+1)/2, (w-k+1)/2, N·C]
 */
export function pooledStimulusConvolution(stimuli: tf.Tensor4D, weight: tf.Tensor5D): tf.Tensor4D {
  return tf.getBackend() === 'tensorflow'
    ? convolveAsProducts(stimuli, sideBySide(weight))
    : convolveAndPool(stimuli, weight);
}

/** The same, and the stimuli have a gradient too. */
export function convolveAndPool(stimuli: tf.Tensor4D, weight: tf.Tensor5D): tf.Tensor4D {
  const filters = sideBySide(weight); // [k, k, in, N·C]
  return tf.maxPool(tf.conv2d(stimuli, filters, 1, 'valid'), 2, 2, 'valid');
}

/**
 * The same as the greatest of four matrix products, one for each place of a pool's window: the patch
 * that a window sees, one pixel larger than the filter, times the filter moved to that place. So the
 * convolved map, by far the largest there is, is never taken apart again, which a pool's gradient does
 * slowly.
 */
function convolveAsProducts(stimuli: tf.Tensor4D, filters: tf.Tensor4D): tf.Tensor4D {
  const [kernel, , from, all] = filters.shape;
  const side = kernel + 1;
  const seen = side * side * from;
  const identity = tf.eye(seen).reshape<tf.Tensor4D>([side, side, from, seen]);
  const windows = tf.conv2d(stimuli, identity, 2, 'valid'); // [B, h', w', (k+1)²·in]
  const [batch, height, width] = windows.shape;
  const patches = windows.reshape<tf.Tensor2D>([-1, seen]); // [B·h'·w', (k+1)²·in]
  const places = [0, 1].flatMap((row) => [0, 1].map((column) => [row, column] as const));
  const moved = places.map(([row, column]) =>
    filters
      .pad([
        [row, 1 - row],
        [column, 1 - column],
        [0, 0],
        [0, 0],
      ])
      .reshape<tf.Tensor2D>([seen, all]),
  ); // four of [(k+1)²·in, N·C]
  return maxOfProducts(patches, moved).reshape([batch, height, width, all]);
}

/**
 * The greatest of several matrix products, element by element; the gradient goes to the first of equal ones.
 * @param left [rows, inner], which has no gradient
 * @param rights each [inner, columns]
 * @returns [rows, columns]
 */
function maxOfProducts(left: tf.Tensor2D, rights: readonly tf.Tensor2D[]): tf.Tensor2D {
  const max = tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as tf.GradSaveFunc;
    const products = (inputs as tf.Tensor2D[]).map((right) => tf.matMul(left, right));
    const value = products.reduce((max, product) => tf.maximum(max, product));
    save([left, value, ...products]);
    return { value, gradFunc: maxOfProductsGradient };
  });
  return max(...rights) as tf.Tensor2D;
}

function maxOfProductsGradient(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] {
  const [left, value, ...products] = saved as [tf.Tensor2D, tf.Tensor2D, ...tf.Tensor2D[]];
  const zero = tf.zerosLike(dy);
  let open: tf.Tensor | undefined;
  return products.map((product) => {
    const equal = product.equal(value);
    const chosen = open ? equal.logicalAnd(open) : equal;
    open = open ? open.logicalAnd(equal.logicalNot()) : equal.logicalNot();
    return tf.matMul(left, tf.where(chosen, dy, zero) as tf.Tensor2D, true); // [inner, columns]
  });
}
