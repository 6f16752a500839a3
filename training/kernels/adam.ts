import * as tf from '@tensorflow/tfjs';
import { ADAM } from '../../src/datasets/recipes.js';
import type { AdamStep } from '../model/optimiser.js';
import type { Addon } from './addon.js';

/** Steps of Adam in one pass over each parameter, in C. */
export function createAdam(addon: Pick<Addon, 'adam'>): AdamStep {
  const { beta1, beta2, epsilon } = ADAM;
  return (parameter, gradient, { first, second }, step, learningRate = ADAM.learningRate) => {
    const numbers = Float32Array.of(
      ...[beta1, 1 - beta1, beta2, 1 - beta2],
      ...[learningRate / (1 - beta1 ** step), 1 / Math.sqrt(1 - beta2 ** step), epsilon],
    );
    const before = [parameter, gradient, first, second].map((t) => t.dataSync<'float32'>());
    const after = [parameter, first, second].map(({ size }) => new Float32Array(size));
    addon.adam(numbers, before, after);
    const [next, mean, square] = after.map((data) => tf.tensor(data, parameter.shape, 'float32'));
    return { parameter: next!, moments: { first: mean!, second: square! } };
  };
}
