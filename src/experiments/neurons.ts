import { z } from 'zod';
import { InputError } from '../errors.js';
import { NEURON_LIST, neuronIds } from '../formats/neuron-list.js';
import type { ModelCard } from '../models/card.js';

/** The neurons of an experiment: their ids, and their columns in the model's population. */
export interface NeuronSelection {
  readonly ids: readonly number[];
  readonly columns: Int32Array;
}

/** Neurons as text, which `selectNeurons` checks. */
export const NeuronList = z.string().meta({
  description: 'ids and ranges of ids, such as 0,5,7-12; left out: all',
  pattern: NEURON_LIST.source,
});

/** Neurons in a request, as `selectNeurons` takes them. */
export const Neurons = z.union([NeuronList, z.array(z.int().nonnegative()).min(1)]).optional();

/**
 * Finds neurons by their ids, in the order named; all of the model's where none are named.
 * @param named ids, or a text such as `0,5,7-12`; a range includes both its ends
 * @throws InputError for an id that the model does not have, or that is named twice
 */
export function selectNeurons(
  card: ModelCard,
  named: string | readonly number[] | undefined,
): NeuronSelection {
  if (named === undefined) {
    const ids = card.neurons.map(({ id }) => id);
    return { ids, columns: Int32Array.from(ids.keys()) };
  }
  const columns = new Map(card.neurons.map(({ id }, column) => [id, column]));
  const selected = new Map<number, number>();
  for (const id of typeof named === 'string' ? idsIn(named) : named) {
    const column = columns.get(id);
    if (column === undefined) throw neuronError(`unknown neuron: ${id}; expected ${range(card)}`);
    if (selected.has(id)) throw neuronError(`neuron ${id} is named twice`);
    selected.set(id, column);
  }
  return { ids: [...selected.keys()], columns: Int32Array.from(selected.values()) };
}

/**
 * The neurons that a query names, or else those that the body of the same request names.
 * @throws InputError when both do
 */
export function namedOnce<Named>(inQuery: string | undefined, inBody: Named): string | Named {
  if (inQuery === undefined) return inBody;
  if (inBody === undefined) return inQuery;
  throw neuronError('named in the query and in the body; name them once');
}

function* idsIn(list: string): Generator<number> {
  try {
    yield* neuronIds(list);
  } catch (error) {
    throw error instanceof RangeError ? neuronError(error.message) : error;
  }
}

function range({ neurons }: ModelCard): string {
  const ids = neurons.map(({ id }) => id);
  const [first, last] = [Math.min(...ids), Math.max(...ids)];
  const hasGaps = last - first + 1 > ids.length;
  const which = hasGaps ? `one of the ${ids.length} ids on the model's card` : 'an id';
  return `${which}, from ${first} to ${last}`;
}

function neuronError(message: string): InputError {
  return new InputError(`neurons: ${message}`, [{ path: 'neurons', message }]);
}
