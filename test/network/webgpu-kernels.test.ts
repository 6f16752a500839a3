import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, expect } from 'vitest';
import { ARCHITECTURES } from '../../src/network/architectures/index.js';
import { openBackend } from '../../src/network/backends/open.js';
import { initialParameters, parameterSpecifications } from '../../src/network/parameters.js';
import { createLearner } from '../../training/model/learner.js';
import { testWith, webgpuAdapter } from '../support/capabilities.js';
import { greatestDifference } from '../support/numbers.js';
import { kernelTests, onBoth, random } from './kernels.js';

const capability = webgpuAdapter();
const test = testWith(capability);

beforeAll(async () => {
  if (capability.missing !== null) return;
  await openBackend('webgpu');
  // small tensors would be computed on the CPU
  tf.env().set('WEBGPU_CPU_FORWARD', false);
});

kernelTests('webgpu', test);

test.for([
  [2, 'valid'],
  [1, 'same'],
] as const)(
  "a convolution of stride %i, '%s', is that of the cpu backend too",
  async ([stride, pad]) => {
    const [webgpu, cpu] = await onBoth('webgpu', () => {
      const x = random<tf.Rank.R4>([2, 9, 7, 3], 1);
      const filter = random<tf.Rank.R4>([3, 3, 3, 5], 2);
      const convolve = (map: tf.Tensor, weight: tf.Tensor) =>
        tf.conv2d(map as tf.Tensor4D, weight as tf.Tensor4D, stride, pad);
      const value = convolve(x, filter);
      return [value, ...tf.grads(convolve)([x, filter], random(value.shape, 3))];
    });
    for (const [i, expected] of cpu.entries()) {
      expect(greatestDifference(webgpu[i]!, expected)).toBeLessThan(1e-4);
    }
  },
);

test.for([
  [3, 2, 'valid'],
  [2, 1, 'valid'],
  [2, 2, 'same'],
] as const)(
  "the gradient of a max pool of side %i, stride %i, '%s', is that of the cpu backend too",
  async ([side, stride, pad]) => {
    const [webgpu, cpu] = await onBoth('webgpu', () => {
      const x = random<tf.Rank.R4>([2, 7, 9, 3], 1);
      const pool = (map: tf.Tensor) => tf.maxPool(map as tf.Tensor4D, side, stride, pad);
      return [tf.grad(pool)(x, random(pool(x).shape, 2))];
    });
    expect(greatestDifference(webgpu[0]!, cpu[0]!)).toBeLessThan(1e-6);
  },
);

test('sums, differences and products broadcast as on the cpu backend', async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 });
  const from = fc.nat(4);
  await fc.assert(
    fc.asyncProperty(lengths, from, fc.array(fc.boolean()), async (shape, first, ones) => {
      // the last axes of the shape, some of them of length 1
      const other = shape.slice(first).map((length, i) => (ones[i] ? 1 : length));
      const [webgpu, cpu] = await onBoth('webgpu', () => {
        const [a, b] = [random(shape as [number], 1), random(other as [number], 2)];
        return [a.add(b), a.sub(b), b.sub(a), a.mul(b)];
      });
      expect(webgpu).toEqual(cpu);
    }),
    { numRuns: 50 },
  );
});

test('training steps leave nothing behind in the memory of the GPU', async () => {
  await tf.setBackend('webgpu');
  const architecture = { ...ARCHITECTURES.ff_sa_cnn.network, channels: 3 };
  const side = 32;
  const specifications = parameterSpecifications(architecture, { height: side, width: side });
  const learner = createLearner(
    architecture,
    specifications,
    initialParameters(specifications, [0, 1], 1),
  );
  const batch = {
    stimuli: random<tf.Rank.R4>([4, side, side, 1], 1),
    targets: random<tf.Rank.R2>([4, 2], 2),
  };
  const used: unknown[] = [];
  for (let step = 0; step < 6; step++) {
    await learner.step(batch);
    used.push(tf.memory());
  }
  // the first steps still fill the pool of buffers
  expect(used.slice(3)).toEqual(Array(3).fill(used[2]));
  learner.dispose();
  tf.dispose([batch.stimuli, batch.targets]);
});
