import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect } from 'vitest';
import { openBackend } from '../../../src/network/backends/open.js';
import { randomStream } from '../../../src/network/random.js';
import { createAdam } from '../../../training/kernels/adam.js';
import { loadAddon } from '../../../training/kernels/addon.js';
import { type AdamStep, adamStep } from '../../../training/model/optimiser.js';
import { testWith, trainingKernelAddon } from '../../support/capabilities.js';
import { greatestDifference } from '../../support/numbers.js';

const capability = trainingKernelAddon();
const testKernels = testWith(capability);
const STEPS = 4;

beforeAll(async () => {
  await openBackend('wasm');
});

/** The parameter and the moments after some steps. */
function descend(step: AdamStep, shape: readonly number[], learningRate?: number): Float32Array[] {
  const random = randomStream(1, 'adam', 0);
  const size = shape.reduce((product, length) => product * length);
  const draw = () => Float32Array.from({ length: size }, () => random.uniform() * 2 - 1);
  return tf.tidy(() => {
    let parameter: tf.Tensor = tf.tensor(draw(), [...shape]);
    let moments = { first: tf.zerosLike(parameter), second: tf.zerosLike(parameter) };
    for (let i = 1; i <= STEPS; i++) {
      const gradient = tf.tensor(draw(), [...shape]);
      ({ parameter, moments } = step(parameter, gradient, moments, i, learningRate));
    }
    expect(parameter.shape).toEqual(shape);
    const { first, second } = moments;
    return [parameter, first, second].map((tensor) => tensor.dataSync<'float32'>().slice());
  });
}

for (const shape of [[3, 5, 5, 7], [2, 1], [64]]) {
  testKernels(`steps of Adam on [${shape.join(', ')}] are those of tfjs`, () => {
    const native = createAdam(loadAddon(capability.file)!);
    for (const learningRate of [undefined, 0.05]) {
      const found = descend(native, shape, learningRate);
      for (const [i, expected] of descend(adamStep, shape, learningRate).entries()) {
        // Numbers are at most 1 or so; a sum of float32 rounds to 6e-8 of that.
        expect(greatestDifference(found[i]!, expected)).toBeLessThan(1e-6);
      }
    }
  });
}

testKernels('arrays that are too small are not used', () => {
  const addon = loadAddon(capability.file)!;
  const arrays = (...sizes: number[]) => sizes.map((size) => new Float32Array(size));
  const numbers = new Float32Array(7);
  addon.adam(numbers, arrays(3, 3, 3, 3), arrays(3, 3, 3));
  expect(() => addon.adam(numbers, arrays(3, 3, 2, 3), arrays(3, 3, 3))).toThrow('wrong arguments');
  expect(() => addon.adam(numbers, arrays(3, 3, 3, 3), arrays(3, 3, 2))).toThrow('wrong arguments');
  expect(() => addon.adam(new Float32Array(6), arrays(3, 3, 3, 3), arrays(3, 3, 3))).toThrow();
});
