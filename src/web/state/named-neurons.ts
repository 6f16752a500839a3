import { neuronIds } from '../../formats/neuron-list.js';

/** Maximum number of neurons in one plot; more lines cannot be distinguished. */
export const MAX_OVERLAID = 8;

/**
 * Parses a list of neuron ids without duplicates, in the order of the text.
 * @returns a message if the text is not a list of ids, has too many, or names an unknown neuron
 */
export function namedNeurons(
  text: string,
  neurons: readonly { readonly id: number }[],
): readonly number[] | string {
  const known = new Set(neurons.map(({ id }) => id));
  const named = new Set<number>();
  try {
    for (const id of neuronIds(text.replaceAll(' ', ''))) {
      if (!known.has(id)) {
        return `The model has no neuron ${id}: its ids are ${neurons[0]?.id} to ${neurons.at(-1)?.id}.`;
      }
      named.add(id);
    }
  } catch {
    return `"${text}" is not a list of neurons: write ids and ranges of ids, such as 0,5,7-12.`;
  }
  if (named.size > MAX_OVERLAID) {
    return `${named.size} neurons are too many for one plot: at most ${MAX_OVERLAID} are drawn.`;
  }
  return [...named];
}
