import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect } from 'vitest';
import { openBackend } from '../../src/network/backends/open.js';
import {
  groupedConvolution,
  populationConvolution,
  sideBySide,
} from '../../src/network/layers/convolution.js';
import { pooledStimulusConvolution } from '../../src/network/layers/stimulus-convolution.js';
import { nativeTensorflow, testWith } from '../support/capabilities.js';
import { greatestDifference } from '../support/numbers.js';

// Only oneDNN has gradients of grouped convolutions on a CPU; by itself TensorFlow uses it on recent CPUs alone.
process.env['TF_ENABLE_ONEDNN_OPTS'] = '1';
const capability = nativeTensorflow();
const test = testWith(capability);

beforeAll(async () => {
  if (capability.missing === null) await openBackend('tensorflow');
});

test.each([
  ['values that all differ', (x: tf.Tensor) => x, 1],
  // Of several equal maxima in a window only the first gets the gradient.
  ['values with many equal ones', (x: tf.Tensor) => x.mul(2).round(), 1],
  ['three channels', (x: tf.Tensor) => x, 3],
])(
  'the operation on tensorflow is a convolution and its max pool, with %s',
  async (_, rounded, seen) => {
    const stimuli = rounded(tf.randomNormal([4, 13, 11, seen], 0, 1, 'float32', 1)) as tf.Tensor4D;
    const weight = rounded(tf.randomNormal([3, 5, 5, seen, 2], 0, 1, 'float32', 2)) as tf.Tensor5D;
    const slope = tf.randomNormal<tf.Rank.R4>([4, 4, 3, 6], 0, 1, 'float32', 3);
    const plain = (w: tf.Tensor) => {
      const filters = w.transpose([1, 2, 3, 0, 4]).reshape<tf.Tensor4D>([5, 5, seen, 6]);
      return tf.maxPool(tf.conv2d(stimuli, filters, 1, 'valid'), 2, 2, 'valid');
    };
    const own = (w: tf.Tensor) => pooledStimulusConvolution(stimuli, w as tf.Tensor5D);
    const [value, expected] = [own(weight), plain(weight)];
    expect(value.shape).toEqual(expected.shape);
    expect(greatestDifference(await value.data(), await expected.data())).toBeLessThan(1e-5);
    const [gradient, expectedGradient] = [
      tf.grad(own)(weight, slope),
      tf.grad(plain)(weight, slope),
    ];
    expect(greatestDifference(await gradient.data(), await expectedGradient.data())).toBeLessThan(
      1e-4,
    );
  },
);

test('the grouped convolution of a GPU and its gradients are those of each neuron', async () => {
  const x = tf.randomNormal<tf.Rank.R4>([3, 7, 6, 8], 0, 1, 'float32', 4);
  const weight = tf.randomNormal<tf.Rank.R5>([4, 3, 3, 2, 5], 0, 1, 'float32', 5);
  const slope = tf.randomNormal<tf.Rank.R4>([3, 5, 4, 20], 0, 1, 'float32', 6);
  const each = (map: tf.Tensor, w: tf.Tensor) =>
    populationConvolution(map as tf.Tensor4D, w as tf.Tensor5D);
  const grouped = (map: tf.Tensor, w: tf.Tensor) =>
    groupedConvolution(map as tf.Tensor4D, sideBySide(w as tf.Tensor5D));
  const results = [each, grouped].map((convolve) => [
    convolve(x, weight),
    ...tf.grads(convolve)([x, weight], slope),
  ]);
  for (const [i, expected] of results[0]!.entries()) {
    const actual = results[1]![i]!;
    expect(actual.shape).toEqual(expected.shape);
    expect(greatestDifference(await actual.data(), await expected.data())).toBeLessThan(1e-4);
  }
});
