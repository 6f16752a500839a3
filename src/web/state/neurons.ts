import { useModel, usePage } from './context.js';
import { MAX_OVERLAID, namedNeurons } from './named-neurons.js';

/** The chosen neurons, the large one first. */
export interface ChosenNeurons {
  readonly ids: readonly number[];
  readonly first: number;
  choose(ids: readonly number[]): void;
  /**
   * Adds the neurons of a text such as `9,10` or `0-3` before the chosen ones.
   * @returns a message if the text is wrong, or undefined
   */
  add(text: string): string | undefined;
  toggle(id: number): void;
}

/** Reads the neurons from the address; by default the best predicted neuron. */
export function useNeurons(): ChosenNeurons {
  const { address } = usePage();
  const { card } = useModel();
  const known = new Set(card.neurons.map(({ id }) => id));
  const given = address
    .get('neurons')
    .split(',')
    .filter((text) => text !== '')
    .map(Number)
    .filter((id) => known.has(id));
  const ids =
    given.length > 0 ? [...new Set(given)].slice(0, MAX_OVERLAID) : [bestPredicted(card.neurons)];
  const choose = (chosen: readonly number[]) =>
    address.set({ neurons: chosen.slice(0, MAX_OVERLAID).join(',') });
  return {
    ids,
    first: ids[0]!,
    choose,
    add: (text) => {
      const named = namedNeurons(text, card.neurons);
      if (typeof named === 'string') return named;
      choose([...named, ...ids.filter((id) => !named.includes(id))]);
      return undefined;
    },
    toggle: (id) => {
      if (!ids.includes(id)) choose([...ids, id]);
      else if (ids.length > 1) choose(ids.filter((each) => each !== id));
    },
  };
}

function bestPredicted(
  neurons: readonly { readonly id: number; readonly CORR: number | null }[],
): number {
  return neurons.reduce((best, next) => ((next.CORR ?? -1) > (best.CORR ?? -1) ? next : best)).id;
}
