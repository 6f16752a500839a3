import { quote } from './explain.js';

/** Ids and ranges of ids: `0,5,7-12`. */
export const NEURON_LIST = /^\d{1,9}(-\d{1,9})?(,\d{1,9}(-\d{1,9})?)*$/;

/**
 * The ids that a text such as `0,5,7-12` names, one after the other, so that a range of a billion ends
 * at the first id that the model does not have. A range includes both its ends.
 * @throws RangeError for another text, or a range that runs backwards
 * @example [...neuronIds('0,5-7')] // [0, 5, 6, 7]
 */
export function* neuronIds(list: string): Generator<number> {
  if (list === '') {
    throw new RangeError('is empty; expected ids and ranges of ids, such as 0,5,7-12');
  }
  if (!NEURON_LIST.test(list)) {
    throw new RangeError(`is ${quote(list)}; expected ids and ranges of ids, such as 0,5,7-12`);
  }
  for (const item of list.split(',')) {
    const [first, last = first] = item.split('-').map(Number) as [number, number?];
    if (last < first) throw new RangeError(`the range ${item} runs backwards`);
    for (let id = first; id <= last; id++) yield id;
  }
}
