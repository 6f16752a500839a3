import * as tf from '@tensorflow/tfjs';
import { ADAM } from '../../src/datasets/recipes.js';
import { elementwise } from '../../src/network/backends/webgpu/operations.js';

/** Running means of a parameter's gradient and of its square. */
export interface Moments {
  readonly first: tf.Tensor;
  readonly second: tf.Tensor;
}

/** What takes one step of Adam on one parameter. */
export type AdamStep = (
  parameter: tf.Tensor,
  gradient: tf.Tensor,
  moments: Moments,
  step: number,
  learningRate?: number,
) => { parameter: tf.Tensor; moments: Moments };

/**
 * One step of Adam (Kingma and Ba 2015) on one parameter, in PyTorch's order of operations.
 * @param step from 1
 * @param learningRate Adam's own where it is left out
 */
export function adamStep(
  parameter: tf.Tensor,
  gradient: tf.Tensor,
  moments: Moments,
  step: number,
  learningRate: number = ADAM.learningRate,
): { parameter: tf.Tensor; moments: Moments } {
  const { beta1, beta2, epsilon } = ADAM;
  if (tf.getBackend() === 'webgpu') {
    return adamStepOnWebgpu(parameter, gradient, moments, step, learningRate);
  }
  const first = moments.first.mul(beta1).add(gradient.mul(1 - beta1));
  const second = moments.second.mul(beta2).add(gradient.square().mul(1 - beta2));
  const size = learningRate / (1 - beta1 ** step);
  const spread = second.sqrt().mul(1 / Math.sqrt(1 - beta2 ** step));
  const change = first.mul(size).div(spread.add(epsilon));
  return { parameter: parameter.sub(change), moments: { first, second } };
}

/** The same, in three passes. */
function adamStepOnWebgpu(
  parameter: tf.Tensor,
  gradient: tf.Tensor,
  moments: Moments,
  step: number,
  learningRate: number,
): { parameter: tf.Tensor; moments: Moments } {
  const { beta1, beta2, epsilon } = ADAM;
  const first = elementwise('moment * keep + gradient * rest', {
    maps: { moment: moments.first, gradient },
    numbers: { keep: beta1, rest: 1 - beta1 },
  });
  const second = elementwise('moment * keep + gradient * gradient * rest', {
    maps: { moment: moments.second, gradient },
    numbers: { keep: beta2, rest: 1 - beta2 },
  });
  const next = elementwise('parameter - first * rate / (sqrt(second) * spread + epsilon)', {
    maps: { parameter, first, second },
    numbers: {
      rate: learningRate / (1 - beta1 ** step),
      spread: 1 / Math.sqrt(1 - beta2 ** step),
      epsilon,
    },
  });
  return { parameter: next, moments: { first, second } };
}
