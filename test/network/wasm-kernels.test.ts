import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { openBackend } from '../../src/network/backends/open.js';
import { kernelTests, onBoth } from './kernels.js';

beforeAll(async () => {
  await openBackend('wasm');
});

kernelTests('wasm', test);

test('slices and splits are those of the cpu backend', async () => {
  const axis = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3));
  await fc.assert(
    fc.asyncProperty(fc.array(axis, { minLength: 1, maxLength: 5 }), async (axes) => {
      const shape = axes.map(([before, length, after]) => before + length + after + 2);
      const begin = axes.map(([before]) => before);
      const size = axes.map(([, length]) => length + 1);
      const length = shape.reduce((a, b) => a * b, 1);
      const [wasm, cpu] = await onBoth('wasm', () => {
        const x = tf.range(0, length).reshape(shape);
        const last = shape.length - 1;
        return [x.slice(begin, size), ...tf.split(x, [1, shape[last]! - 1], last)];
      });
      expect(wasm).toEqual(cpu);
    }),
  );
});
