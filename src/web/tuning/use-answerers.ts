import { useRef } from 'preact/hooks';
import { useModel, usePage } from '../state/context.js';
import type { ChosenModel } from '../state/models.js';
import { type Answerer, answerer, comparedIn, type KnownTo, MOST_COMPARED } from './answerers.js';

export interface Answerers {
  readonly all: readonly Answerer[];
  /** The ids of those beside the model that is looked at. */
  readonly compared: readonly string[];
  compare(ids: readonly string[]): void;
  /** The ids of the neurons of a model. */
  readonly knownTo: KnownTo;
}

/** The model that is looked at, and those in the address that it is compared with. */
export function useAnswerers(): Answerers {
  const { service, address } = usePage();
  const { name, version, card } = useModel();
  const cards = useRef(new Map<string, Promise<readonly number[]>>());
  const own = `${name}/${version}`;
  const compared = comparedIn(address.get('compare'), own);
  return {
    all: [own, ...compared].map(answerer),
    compared,
    compare: (ids) => address.set({ compare: ids.slice(0, MOST_COMPARED).join(',') }),
    knownTo: async ({ id, param, place }) => {
      if (place === 0) return idsIn(card);
      const route = service.client.v1.models[':model'].versions[':version'];
      const known =
        cards.current.get(id) ??
        service.json(route.$get({ param })).then(({ value }) => idsIn(value));
      cards.current.set(id, known);
      return known;
    },
  };
}

function idsIn({ neurons }: ChosenModel['card']): number[] {
  return neurons.map(({ id }) => id);
}
