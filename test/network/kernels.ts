import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, type TestAPI } from 'vitest';
import type { BackendName } from '../../src/network/backends/index.js';
import { populationConvolution } from '../../src/network/layers/convolution.js';
import { greatestDifference } from '../support/numbers.js';

/** Normal deviates, the same on every backend. */
export const random = <R extends tf.Rank>(shape: tf.ShapeMap[R], seed: number) =>
  tf.randomNormal<R>(shape, 0, 1, 'float32', seed);

/** The results of a computation on an open backend and on the cpu backend, which is plain JavaScript. */
export async function onBoth(
  backend: BackendName,
  compute: () => tf.Tensor[],
): Promise<[Float32Array[], Float32Array[]]> {
  const results: Float32Array[][] = [];
  for (const name of [backend, 'cpu']) {
    await tf.setBackend(name);
    const tensors = tf.tidy(compute);
    results.push(await Promise.all(tensors.map((tensor) => tensor.data<'float32'>())));
    tf.dispose(tensors);
  }
  return results as [Float32Array[], Float32Array[]];
}

type Shape4D = [number, number, number, number];

const sizes = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  neurons: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 5, max: 9 }),
  width: fc.integer({ min: 5, max: 9 }),
  channels: fc.integer({ min: 1, max: 6 }),
  outputs: fc.integer({ min: 1, max: 6 }),
  filter: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  seed: fc.integer({ min: 1, max: 1000 }),
});

/** Tests that the project's own kernels of an open backend compute what the cpu backend does. */
export function kernelTests(backend: BackendName, test: TestAPI): void {
  test('the convolution of a population and its gradients are those of the cpu backend', async () => {
    await fc.assert(
      fc.asyncProperty(
        sizes,
        async ({ batch, neurons, height, width, channels, outputs, filter, seed }) => {
          const [rows, columns] = filter;
          const made = [batch, height - rows + 1, width - columns + 1, neurons * outputs];
          const [own, cpu] = await onBoth(backend, () => {
            const x = random<tf.Rank.R4>([batch, height, width, neurons * channels], seed);
            const weight = random<tf.Rank.R5>([neurons, ...filter, channels, outputs], seed + 1);
            const dy = random(made as Shape4D, seed + 2);
            const convolve = (map: tf.Tensor, filters: tf.Tensor) =>
              populationConvolution(map as tf.Tensor4D, filters as tf.Tensor5D);
            return [convolve(x, weight), ...tf.grads(convolve)([x, weight], dy)];
          });
          for (const [i, expected] of cpu.entries()) {
            expect(greatestDifference(own[i]!, expected)).toBeLessThan(1e-4);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  test('the gradient of a max pool is that of the cpu backend, in reused memory too', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ batch, height, width, channels, seed }) => {
        const [own, cpu] = await onBoth(backend, () => [
          tf.grad((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))(
            random([batch, height, width, channels], seed),
            random([batch, Math.floor(height / 2), Math.floor(width / 2), channels], seed + 1),
          ),
        ]);
        expect(greatestDifference(own[0]!, cpu[0]!)).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  test('of equal maxima in a window exactly one gets the gradient', async () => {
    await tf.setBackend(backend);
    const gradient = tf.grad((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))(
      tf.ones([1, 4, 4, 1]),
      tf.ones([1, 2, 2, 1]),
    );
    expect([...(await gradient.data())]).toEqual([1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
  });
}
