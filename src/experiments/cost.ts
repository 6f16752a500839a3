import type { ServedModel } from '../inference/catalogue.js';
import { multiplications } from '../inference/onnx/cost.js';

/** What an experiment will cost, before it is run. */
export interface Cost {
  /** Stimuli that are presented, the blank included. */
  readonly stimuli: number;
  /** Forward passes: one for each stimulus and neuron. */
  readonly passes: number;
}

/** A gradient takes the forward pass, and about twice as much on the way back. */
export const GRADIENT_PASSES = 3;

/** Adds up the costs of the parts of an experiment. */
export function addCosts(...costs: readonly Cost[]): Cost {
  return costs.reduce((sum, { stimuli, passes }) => ({
    stimuli: sum.stimuli + stimuli,
    passes: sum.passes + passes,
  }));
}

/**
 * Multiplications, each with its addition, that an experiment takes: those of the convolutions and the
 * readouts. Attention, pools and activations come on top.
 * @throws InputError where the stimuli are too small for the model's networks
 */
export function countMultiplyAdds({ passes }: Cost, { card }: Pick<ServedModel, 'card'>): number {
  return passes * multiplications(card.architecture, card.stimulus);
}

/**
 * How long an experiment will take, as far as its time goes into the networks.
 * @param multiplyAddsPerSecond of the machine: measured on an earlier experiment, or given; above 0
 * @returns seconds
 * @throws RangeError where the rate is not a number above 0
 * @example
 * const { cost } = planCharacterization({ model }, { neurons: '0-9' });
 * expectedSeconds(cost, model, 20e9); // 35.1
 */
export function expectedSeconds(
  cost: Cost,
  model: Pick<ServedModel, 'card'>,
  multiplyAddsPerSecond: number,
): number {
  if (multiplyAddsPerSecond > 0) return countMultiplyAdds(cost, model) / multiplyAddsPerSecond;
  throw new RangeError(
    `wrong multiply-adds per second: ${multiplyAddsPerSecond}; expected a number above 0`,
  );
}
