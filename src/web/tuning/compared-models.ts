import { Problem } from '../../client/problem.js';
import type { Answered, SentRequest } from '../service/service.js';
import type { ChosenModel } from '../state/models.js';

/** A model that gets the same request as the others. */
export interface ComparedModel {
  /** The model in the address, `name/version`. */
  readonly id: string;
  readonly param: ChosenModel['param'];
  /** Index of the model; 0 is the model that the page shows. */
  readonly place: number;
}

/** Maximum number of other models; more line styles cannot be distinguished. */
export const MAX_COMPARED = 3;

/** Line and point styles of the models by index. */
export const DASHES = ['none', '9,3', '9,3,2,3', '2,3'] as const;
export const SYMBOLS = ['circle', 'square', 'triangle', 'diamond'] as const;
export const GLYPHS = ['●', '■', '▲', '◆'] as const;

/** Parses a list of model ids, without invalid ids and the model's own. */
export function parseCompared(list: string, own: string): string[] {
  const ids = list.split(',').filter((id) => /^[^/]+\/\d+$/.test(id) && id !== own);
  return [...new Set(ids)].slice(0, MAX_COMPARED);
}

/** Parses a model id. */
export function comparedModel(id: string, place: number): ComparedModel {
  const [model, version] = id.split('/') as [string, string];
  return { id, param: { model, version }, place };
}

/** Returns the neuron ids of a model. */
export type ReadNeuronIds = (model: ComparedModel) => Promise<readonly number[]>;

/** The result of one model. */
export interface ModelResult<T> {
  readonly model: ComparedModel;
  readonly value: T;
  readonly request: SentRequest;
}

export interface Compared<T> {
  /** Results in the order of the models. */
  readonly results: readonly ModelResult<T>[];
  /** Messages about models that returned no result, or not for all neurons. */
  readonly omitted: readonly string[];
}

/**
 * Sends the same request to each model, for the neurons that it has.
 * @throws Problem if the first model returns an error
 */
export async function sendToEach<T>(
  models: readonly ComparedModel[],
  ids: readonly number[],
  readNeuronIds: ReadNeuronIds,
  send: (
    model: ComparedModel,
    neurons: number[],
  ) => Promise<Pick<Answered<T>, 'value' | 'request'>>,
): Promise<Compared<T>> {
  const ends = await Promise.all(
    models.map(async (model): Promise<{ results: ModelResult<T>[]; omitted: string[] }> => {
      try {
        const known = await readNeuronIds(model);
        const there = ids.filter((id) => known.includes(id));
        const missing = ids.filter((id) => !known.includes(id));
        const omitted =
          missing.length > 0 ? [`${model.id} has no neuron ${missing.join(', ')}`] : [];
        if (there.length === 0) return { results: [], omitted };
        const { value, request } = await send(model, there);
        return { results: [{ model, value, request }], omitted };
      } catch (error) {
        if (model.place === 0 || !(error instanceof Problem)) throw error;
        return { results: [], omitted: [`${model.id} is left out: ${error.message}`] };
      }
    }),
  );
  return {
    results: ends.flatMap(({ results }) => results),
    omitted: ends.flatMap(({ omitted }) => omitted),
  };
}
