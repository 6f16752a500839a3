import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect } from 'vitest';
import { openBackend } from '../../src/network/backends/open.js';
import { normaliseByBatch } from '../../src/network/layers/normalisation.js';
import { sigmoid } from '../../src/network/layers/sigmoid.js';
import { adamStep } from '../../training/model/optimiser.js';
import { testWith, webgpuAdapter } from '../support/capabilities.js';
import { greatestDifference } from '../support/numbers.js';
import { onBoth, random } from './kernels.js';

const capability = webgpuAdapter();
const test = testWith(capability);
/** Sums of 1,008 numbers of about 1, in another order. */
const ROUNDING = 2e-4;

beforeAll(async () => {
  if (capability.missing === null) await openBackend('webgpu');
});

test('a batch norm with its sigmoid, and their gradients, are those of the cpu backend', async () => {
  await expectSame(() => {
    const x = random<tf.Rank.R4>([7, 12, 12, 70], 1).add<tf.Tensor4D>(3);
    const [scale, shift] = [random([2, 35], 2), random([2, 35], 3)];
    const statistics: tf.Tensor[] = [];
    const respond = (input: tf.Tensor, factor: tf.Tensor, added: tf.Tensor) => {
      // The running statistics are not read.
      const norm = { scale: factor, shift: added, mean: factor, variance: factor };
      return sigmoid(
        normaliseByBatch(input as tf.Tensor4D, norm, ({ mean, variance }) =>
          statistics.push(tf.keep(mean), tf.keep(variance)),
        ),
      );
    };
    const { value, grads } = tf.valueAndGrads(respond)([x, scale, shift], random(x.shape, 4));
    return [value, ...grads, ...statistics];
  });
});

test('a step of Adam is that of the cpu backend', async () => {
  await expectSame(() => {
    const tensors = [1, 2, 3, 4].map((seed) => random<tf.Rank.R3>([5, 3, 70], seed));
    const [parameter, gradient, first, spread] = tensors as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const { parameter: next, moments } = adamStep(
      parameter,
      gradient,
      { first, second: spread.square() },
      3,
    );
    return [next, moments.first, moments.second];
  });
});

async function expectSame(compute: () => tf.Tensor[]): Promise<void> {
  const [webgpu, cpu] = await onBoth('webgpu', compute);
  for (const [i, expected] of cpu.entries()) {
    expect(webgpu[i]!.length).toBe(expected.length);
    expect(greatestDifference(webgpu[i]!, expected)).toBeLessThan(ROUNDING);
  }
}
