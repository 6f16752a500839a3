import { useRef } from 'preact/hooks';
import { useModel, usePage } from '../state/context.js';
import type { ChosenModel } from '../state/models.js';
import {
  type ComparedModel,
  comparedModel,
  MAX_COMPARED,
  parseCompared,
  type ReadNeuronIds,
} from './compared-models.js';

export interface ComparedModels {
  readonly all: readonly ComparedModel[];
  /** The ids of the other models. */
  readonly compared: readonly string[];
  compare(ids: readonly string[]): void;
  /** Returns the neuron ids of a model. */
  readonly readNeuronIds: ReadNeuronIds;
}

/** Reads the compared models from the address. */
export function useComparedModels(): ComparedModels {
  const { service, address } = usePage();
  const { name, version, card } = useModel();
  const cards = useRef(new Map<string, Promise<readonly number[]>>());
  const own = `${name}/${version}`;
  const compared = parseCompared(address.get('compare'), own);
  return {
    all: [own, ...compared].map(comparedModel),
    compared,
    compare: (ids) => address.set({ compare: ids.slice(0, MAX_COMPARED).join(',') }),
    readNeuronIds: async ({ id, param, place }) => {
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
