import { InputError } from '../../src/errors.js';

/**
 * The ids of the neurons that a training is of, in rising order.
 * @param siteNeurons number of neurons of the site
 * @param chosen their ids; without, all
 * @throws InputError for an id that the site does not have
 * @example chosenNeurons(4, [3, 1]) // [1, 3]
 */
export function chosenNeurons(siteNeurons: number, chosen?: readonly number[]): number[] {
  if (chosen === undefined) return Array.from({ length: siteNeurons }, (_, id) => id);
  const unknown = chosen.find((id) => id >= siteNeurons);
  if (unknown !== undefined) {
    throw new InputError(
      `unknown neuron: ${unknown}; expected ids from 0 to ${siteNeurons - 1}, as the data have them`,
    );
  }
  return [...new Set(chosen)].toSorted((a, b) => a - b);
}
