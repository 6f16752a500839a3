import * as tf from '@tensorflow/tfjs';
import type { TrainingCard } from '../../src/models/card.js';

/**
 * The loss of each response.
 * @param responses predicted, [B, N]
 * @param targets real, [B, N]
 * @returns [B, N]
 */
export type Loss = (responses: tf.Tensor2D, targets: tf.Tensor2D) => tf.Tensor2D;

/** Which responses to a batch were measured. */
export interface Measured {
  /** 1 where a response was measured, else 0; [B, N]. */
  readonly mask: tf.Tensor2D;
  /** Images of the batch for each one that was measured, 0 where none was; [N]. */
  readonly scale: tf.Tensor1D;
}

/** Keeps the logarithm finite where a rate is 0. */
const MIN_RATE = 1e-8;

export const squaredError: Loss = (responses, targets) => tf.squaredDifference(responses, targets);

/**
 * Negative log-likelihood of a count whose rate is predicted, without the term that the rate is not in:
 * rate - target · log(rate + 1e-8).
 */
export const poissonLoss: Loss = (rates, targets) =>
  rates.sub(targets.mul(rates.add(MIN_RATE).log()));

/**
 * Averages losses over the images of a batch, for each neuron over those that it was measured for. The average of a
 * neuron that was measured for all of them has the same bits with `measured` and without.
 * @param losses [B, N]
 * @param measured without it, all were measured
 * @returns [N]; 0 where none was measured
 */
export function averageLoss(losses: tf.Tensor2D, measured?: Measured): tf.Tensor1D {
  if (measured === undefined) return losses.mean<tf.Tensor1D>(0);
  return losses.mul(measured.mask).mean<tf.Tensor1D>(0).mul(measured.scale);
}

/** By the name that a card carries. */
export const LOSSES: Readonly<Record<TrainingCard['loss'], Loss>> = {
  mse: squaredError,
  poisson: poissonLoss,
};
