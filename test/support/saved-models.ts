import * as tf from '@tensorflow/tfjs';
import { type SavedModel, saveModel } from '../../src/models/saved-model.js';
import { forward } from '../../src/network/forward.js';
import { initialParameters, parameterSpecifications } from '../../src/network/parameters.js';
import { tinyCard } from './cards.js';

/** Side of the stimuli of the models below: the smallest that their networks accept. */
export const SMALLEST_SIDE = 16;

/**
 * Saves `<folder>/<name>/1`, a model of 16x16 pixels and four neurons (ids 0, 1, 2, 7) whose
 * readouts have no weights, so that they respond with their biases, 1, 2, 3 and 4.
 */
export async function saveConstantModel(folder: string, name: string): Promise<void> {
  const { card, weights } = smallest(name);
  weights.get('readout.weight')!.data.fill(0);
  weights.get('readout.bias')!.data.set([1, 2, 3, 4]);
  const golden = { stimuli: [GRAY], responses: [[1, 2, 3, 4]] };
  await saveModel(`${folder}/${name}`, { ...card, golden }, weights);
}

/**
 * Saves `<folder>/<name>/1`, such a model with the parameters that training begins with; its golden
 * responses are those of the backend that is open.
 */
export async function saveRandomModel(folder: string, name: string): Promise<SavedModel> {
  const { card, weights } = smallest(name);
  const responses = tf.tidy(() => {
    const parameters = Object.fromEntries(
      [...weights].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]),
    );
    const stimulus = tf.fill([1, SMALLEST_SIDE, SMALLEST_SIDE, 1], 128 / 255) as tf.Tensor4D;
    return forward(card.architecture, parameters, stimulus).responses.arraySync();
  });
  const golden = { stimuli: [GRAY], responses };
  return await saveModel(`${folder}/${name}`, { ...card, golden }, weights);
}

const GRAY = Buffer.alloc(SMALLEST_SIDE ** 2, 128).toString('base64');

function smallest(name: string) {
  const { formatVersion: _, name: __, version: ___, weights: ____, ...card } = tinyCard(name, 1);
  const architecture = { ...card.architecture, channels: 2 };
  const stimulus = { ...card.stimulus, height: SMALLEST_SIDE, width: SMALLEST_SIDE };
  const ids = card.neurons.map(({ id }) => id);
  const weights = initialParameters(parameterSpecifications(architecture, stimulus), ids, 1);
  return { card: { ...card, architecture, stimulus }, weights };
}
