import { saveModel } from '../../src/model/saved-model.js';
import { initialParameters, parameterSpecifications } from '../../src/network/parameters.js';
import { tinyCard } from './cards.js';

/** Side of the stimuli of the model below: the smallest that its network takes. */
export const SMALLEST_SIDE = 16;

/**
 * Saves `<folder>/<name>/1`, a model of 16x16 pixels and four neurons (ids 0, 1, 2, 7) whose
 * readouts have no weights, so that neuron by neuron it answers 1, 2, 3 and 4, its biases.
 */
export async function saveConstantModel(folder: string, name: string): Promise<void> {
  const { formatVersion: _, name: __, version: ___, weights: ____, ...card } = tinyCard(name, 1);
  const architecture = { ...card.architecture, channels: 2 };
  const stimulus = { ...card.stimulus, height: SMALLEST_SIDE, width: SMALLEST_SIDE };
  const ids = card.neurons.map(({ id }) => id);
  const weights = initialParameters(parameterSpecifications(architecture, stimulus), ids, 1);
  const image = Buffer.alloc(SMALLEST_SIDE ** 2, 128).toString('base64');
  weights.get('readout.weight')!.data.fill(0);
  weights.get('readout.bias')!.data.set([1, 2, 3, 4]);
  const golden = { stimuli: [image], responses: [[1, 2, 3, 4]] };
  await saveModel(`${folder}/${name}`, { ...card, architecture, stimulus, golden }, weights);
}
