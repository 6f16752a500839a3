import { Problem } from '../service/problem.js';
import type { Answered, SentRequest } from '../service/service.js';
import type { ChosenModel } from '../state/models.js';

/** A model that is asked the same as the others. */
export interface Answerer {
  /** As it stands in the address, `name/version`. */
  readonly id: string;
  readonly param: ChosenModel['param'];
  /** Among those asked; the model that is looked at is the first. */
  readonly place: number;
}

/** Models beside the one that is looked at, at most: more kinds of lines than this nobody tells apart. */
export const MOST_COMPARED = 3;

/** How the lines of a model are dashed, and its points drawn, by its place. */
export const DASHES = ['none', '9,3', '9,3,2,3', '2,3'] as const;
export const SYMBOLS = ['circle', 'square', 'triangle', 'diamond'] as const;
export const GLYPHS = ['●', '■', '▲', '◆'] as const;

/** The ids in a list, less what is none and the model's own. */
export function comparedIn(list: string, own: string): string[] {
  const ids = list.split(',').filter((id) => /^[^/]+\/\d+$/.test(id) && id !== own);
  return [...new Set(ids)].slice(0, MOST_COMPARED);
}

/** The model of an id, at its place among those asked. */
export function answerer(id: string, place: number): Answerer {
  const [model, version] = id.split('/') as [string, string];
  return { id, param: { model, version }, place };
}

/** Tells the ids of the neurons of a model. */
export type KnownTo = (by: Answerer) => Promise<readonly number[]>;

/** What one model told. */
export interface Told<T> {
  readonly by: Answerer;
  readonly value: T;
  readonly request: SentRequest;
}

export interface Compared<T> {
  /** The model that is looked at first. */
  readonly told: readonly Told<T>[];
  /** Which others could not answer, or not for all neurons, and why. */
  readonly refused: readonly string[];
}

/**
 * Asks each of the models the same, of those neurons that it has.
 * @throws Problem where the first cannot answer
 */
export async function askEach<T>(
  answerers: readonly Answerer[],
  ids: readonly number[],
  knownTo: KnownTo,
  ask: (by: Answerer, neurons: number[]) => Promise<Pick<Answered<T>, 'value' | 'request'>>,
): Promise<Compared<T>> {
  const ends = await Promise.all(
    answerers.map(async (by): Promise<{ told: Told<T>[]; refused: string[] }> => {
      try {
        const known = await knownTo(by);
        const there = ids.filter((id) => known.includes(id));
        const missing = ids.filter((id) => !known.includes(id));
        const refused = missing.length > 0 ? [`${by.id} has no neuron ${missing.join(', ')}`] : [];
        if (there.length === 0) return { told: [], refused };
        const { value, request } = await ask(by, there);
        return { told: [{ by, value, request }], refused };
      } catch (error) {
        if (by.place === 0 || !(error instanceof Problem)) throw error;
        return { told: [], refused: [`${by.id} is left out: ${error.message}`] };
      }
    }),
  );
  return {
    told: ends.flatMap(({ told }) => told),
    refused: ends.flatMap(({ refused }) => refused),
  };
}
