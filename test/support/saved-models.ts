import * as tf from '@tensorflow/tfjs';
import { type SavedModel, saveModel } from '../../src/models/saved-model.js';
import { ARCHITECTURES, type ArchitectureId } from '../../src/network/architectures/index.js';
import { forward } from '../../src/network/forward.js';
import { initialParameters, parameterSpecifications } from '../../src/network/parameters.js';
import type { StimulusSize } from '../../src/network/stimulus-size.js';
import { tinyCard } from './cards.js';

/** Side of the stimuli of the models below: the smallest that their networks accept. */
export const SMALLEST_SIDE = 16;
const SMALLEST = { height: SMALLEST_SIDE, width: SMALLEST_SIDE };

/**
 * Saves `<folder>/<name>/1`, a model of 16x16 pixels and four neurons (ids 0, 1, 2, 7) whose
 * readouts have no weights, so that they respond with their biases, 1, 2, 3 and 4.
 */
export async function saveConstantModel(folder: string, name: string): Promise<void> {
  const { card, weights } = smallest(name);
  weights.get('readout.weight')!.data.fill(0);
  weights.get('readout.bias')!.data.set([1, 2, 3, 4]);
  const golden = { stimuli: [grayOf(card.stimulus)], responses: [[1, 2, 3, 4]] };
  await saveModel(`${folder}/${name}`, { ...card, golden }, weights);
}

/**
 * Saves `<folder>/<name>/1`, such a model with the parameters that training begins with; its golden
 * responses are those of the backend that is open.
 * @param size of its stimuli, in pixels
 */
export async function saveRandomModel(
  folder: string,
  name: string,
  id: ArchitectureId = 'rf_cnn',
  size: StimulusSize = SMALLEST,
): Promise<SavedModel> {
  const { card, weights } = smallest(name, id, size);
  const responses = tf.tidy(() => {
    const parameters = Object.fromEntries(
      [...weights].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]),
    );
    const stimulus = tf.fill([1, size.height, size.width, 1], 128 / 255) as tf.Tensor4D;
    return forward(card.architecture, parameters, stimulus).responses.arraySync();
  });
  const golden = { stimuli: [grayOf(size)], responses };
  return await saveModel(`${folder}/${name}`, { ...card, golden }, weights);
}

function grayOf({ height, width }: StimulusSize): string {
  return Buffer.alloc(height * width, 128).toString('base64');
}

function smallest(name: string, id: ArchitectureId = 'rf_cnn', size = SMALLEST) {
  const { formatVersion: _, name: __, version: ___, weights: ____, ...card } = tinyCard(name, 1);
  const architecture = { id, ...ARCHITECTURES[id].network, channels: 2 };
  const stimulus = { ...card.stimulus, ...size };
  const ids = card.neurons.map(({ id }) => id);
  const weights = initialParameters(parameterSpecifications(architecture, stimulus), ids, 1);
  return { card: { ...card, architecture, stimulus }, weights };
}
