import type { ServedModel } from '../inference/catalogue.js';
import { populationSize } from '../models/members.js';
import { isImportedCard, nativeCard } from '../models/native-card.js';
import { multiplications } from '../network/multiplications.js';

/** The cost of an experiment, known before it runs. */
export interface Cost {
  /** Stimuli that are presented, the blank included. */
  readonly stimuli: number;
  /** Forward passes: one for each stimulus and neuron. */
  readonly passes: number;
  /** Forward passes of what all neurons share, such as a core; left out where they are one for each stimulus. */
  readonly shared?: number;
}

/** A gradient costs a forward pass and a backward pass, which takes about twice as long, through a shared core too. */
export const GRADIENT_PASSES = 3;

/** Adds up the costs of the parts of an experiment. */
export function addCosts(...costs: readonly Cost[]): Cost {
  return costs.reduce((sum, cost) => ({
    stimuli: sum.stimuli + cost.stimuli,
    passes: sum.passes + cost.passes,
    ...((sum.shared ?? cost.shared) !== undefined && {
      shared: (sum.shared ?? sum.stimuli) + (cost.shared ?? cost.stimuli),
    }),
  }));
}

/**
 * Counts the multiply-adds of an experiment in convolutions and readouts. Attention, pools and activations are
 * not counted. Each member of an ensemble computes all of it.
 * @throws InputError where the stimuli are too small for the model's networks
 */
export function countMultiplyAdds(
  { stimuli, passes, shared: ofShared = stimuli }: Cost,
  { card }: Pick<ServedModel, 'card'>,
): number {
  const { members } = populationSize(card);
  if (isImportedCard(card)) return members * ofShared * card.architecture.multiplyAdds;
  const { architecture, stimulus } = nativeCard(card);
  const { shared, each } = multiplications(architecture, stimulus);
  return members * (ofShared * shared + passes * each);
}

/**
 * Estimates the time that an experiment spends in the networks.
 * @param multiplyAddsPerSecond the speed of the machine, for example from an earlier experiment; above 0
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
