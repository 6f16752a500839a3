import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect } from 'vitest';
import { openBackend } from '../../src/network/backend.js';
import { pooledStimulusConvolution } from '../../src/network/layers/stimulus-convolution.js';
import { nativeTensorflow, testWith } from '../support/capabilities.js';
import { greatestDifference } from '../support/numbers.js';

const capability = nativeTensorflow();
const test = testWith(capability);

beforeAll(async () => {
  if (capability.missing === null) await openBackend('tensorflow');
});

test.each([
  ['values of which none is equal to another', (x: tf.Tensor) => x],
  // where several of a window are the greatest, the first alone learns
  ['values of which many are', (x: tf.Tensor) => x.mul(2).round()],
])('on tensorflow it is a convolution and its max pool, with %s', async (_, rounded) => {
  const stimuli = rounded(tf.randomNormal([4, 13, 11, 1], 0, 1, 'float32', 1)) as tf.Tensor4D;
  const weight = rounded(tf.randomNormal([3, 5, 5, 1, 2], 0, 1, 'float32', 2)) as tf.Tensor5D;
  const slope = tf.randomNormal<tf.Rank.R4>([4, 4, 3, 6], 0, 1, 'float32', 3);
  const plain = (w: tf.Tensor) => {
    const filters = w.transpose([1, 2, 3, 0, 4]).reshape<tf.Tensor4D>([5, 5, 1, 6]);
    return tf.maxPool(tf.conv2d(stimuli, filters, 1, 'valid'), 2, 2, 'valid');
  };
  const own = (w: tf.Tensor) => pooledStimulusConvolution(stimuli, w as tf.Tensor5D);
  const [value, expected] = [own(weight), plain(weight)];
  expect(value.shape).toEqual(expected.shape);
  expect(greatestDifference(await value.data(), await expected.data())).toBeLessThan(1e-5);
  const [gradient, expectedGradient] = [tf.grad(own)(weight, slope), tf.grad(plain)(weight, slope)];
  expect(greatestDifference(await gradient.data(), await expectedGradient.data())).toBeLessThan(
    1e-4,
  );
});
