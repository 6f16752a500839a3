import { neuronIds } from '../../formats/neuron-list.js';

/** Neurons that one plot overlays, at most: nobody can tell more lines than these apart. */
export const MAX_OVERLAID = 8;

/**
 * The neurons that a text names, each once, in its order.
 * @returns what is wrong, where the text is no list of ids, or names a neuron that is not there, or too many
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
