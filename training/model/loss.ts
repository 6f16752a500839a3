import * as tf from '@tensorflow/tfjs';
import type { TrainingCard } from '../../src/models/card.js';

/**
 * The loss of each neuron over a batch.
 * @param responses predicted, [B, N]
 * @param targets real, [B, N]
 * @returns [N]
 */
export type Loss = (responses: tf.Tensor2D, targets: tf.Tensor2D) => tf.Tensor1D;

/** Keeps the logarithm finite where a rate is 0. */
const MIN_RATE = 1e-8;

/** Mean squared error. */
export const meanSquaredError: Loss = (responses, targets) =>
  tf.squaredDifference(responses, targets).mean<tf.Tensor1D>(0);

/**
 * Mean negative log-likelihood of counts whose rates are predicted, without the term that the rate
 * is not in: rate - target · log(rate + 1e-8).
 */
export const poissonLoss: Loss = (rates, targets) =>
  rates.sub(targets.mul(rates.add(MIN_RATE).log())).mean<tf.Tensor1D>(0);

/** By the name that a card carries. */
export const LOSSES: Readonly<Record<TrainingCard['loss'], Loss>> = {
  mse: meanSquaredError,
  poisson: poissonLoss,
};
