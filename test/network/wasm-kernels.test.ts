import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { openBackend } from '../../src/network/backend.js';
import { greatestDifference } from '../support/numbers.js';

const random = (shape: [number, number, number, number], seed: number) =>
  tf.randomNormal<tf.Rank.R4>(shape, 0, 1, 'float32', seed);

beforeAll(async () => {
  await openBackend('wasm');
});

/** The same on the cpu backend, which has its own kernels in plain JavaScript. */
async function both(compute: () => tf.Tensor[]): Promise<[Float32Array[], Float32Array[]]> {
  const results: Float32Array[][] = [];
  for (const backend of ['wasm', 'cpu']) {
    await tf.setBackend(backend);
    const tensors = tf.tidy(compute);
    results.push(await Promise.all(tensors.map((tensor) => tensor.data<'float32'>())));
    tf.dispose(tensors);
  }
  return results as [Float32Array[], Float32Array[]];
}

const sizes = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 5, max: 9 }),
  width: fc.integer({ min: 5, max: 9 }),
  channels: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer({ min: 1, max: 1000 }),
});

test("a convolution's gradients are those of the cpu backend", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, async ({ batch, height, width, channels, seed }) => {
      const [wasm, cpu] = await both(() =>
        tf.grads((x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'valid'))(
          [random([batch, height, width, channels], seed), random([3, 3, channels, 2], seed + 1)],
          random([batch, height - 2, width - 2, 2], seed + 2),
        ),
      );
      for (const i of [0, 1]) expect(greatestDifference(wasm[i]!, cpu[i]!)).toBeLessThan(1e-4);
    }),
    { numRuns: 20 },
  );
});

test("a max pool's gradient is that of the cpu backend, also in memory that was used before", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, async ({ batch, height, width, channels, seed }) => {
      const [wasm, cpu] = await both(() => [
        tf.grad((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))(
          random([batch, height, width, channels], seed),
          random([batch, Math.floor(height / 2), Math.floor(width / 2), channels], seed + 1),
        ),
      ]);
      expect(greatestDifference(wasm[0]!, cpu[0]!)).toBe(0);
    }),
    { numRuns: 20 },
  );
});

test('of equal maxima in a window one alone gets the gradient', async () => {
  await tf.setBackend('wasm');
  const gradient = tf.grad((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))(
    tf.ones([1, 4, 4, 1]),
    tf.ones([1, 2, 2, 1]),
  );
  expect([...(await gradient.data())]).toEqual([1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
});

test('slices and splits are those of the cpu backend', async () => {
  const axis = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3));
  await fc.assert(
    fc.asyncProperty(fc.array(axis, { minLength: 1, maxLength: 5 }), async (axes) => {
      const shape = axes.map(([before, length, after]) => before + length + after + 2);
      const begin = axes.map(([before]) => before);
      const size = axes.map(([, length]) => length + 1);
      const length = shape.reduce((a, b) => a * b, 1);
      const [wasm, cpu] = await both(() => {
        const x = tf.range(0, length).reshape(shape);
        const last = shape.length - 1;
        return [x.slice(begin, size), ...tf.split(x, [1, shape[last]! - 1], last)];
      });
      expect(wasm).toEqual(cpu);
    }),
  );
});
