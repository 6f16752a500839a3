import * as tf from '@tensorflow/tfjs';
import { type SavedModel, saveModel } from '../../src/models/saved-model.js';
import { ARCHITECTURES, type ArchitectureId } from '../../src/network/architectures/index.js';
import { toDevice } from '../../src/network/device.js';
import { forward } from '../../src/network/forward.js';
import type { Stimuli } from '../../src/stimulus/stimuli.js';
import { tinyCard } from './cards.js';
import { goldenWeights } from './golden-weights.js';
import { readGolden } from './published.js';

const SIDE = 50;
const SIZE = { height: SIDE, width: SIDE };
/** The golden images as stimuli for the models below. */
export function goldenStimuli(id: ArchitectureId): Stimuli {
  const { data, shape } = readGolden(id).get('input')!;
  return { count: shape[0]!, ...SIZE, channels: 1, pixels: data as Float32Array };
}

/** Saves `<folder>/<id>/1`: the three golden neurons, with the ids 0, 1 and 2. */
export async function saveGoldenModel(folder: string, id: ArchitectureId): Promise<SavedModel> {
  const { formatVersion: _, name: __, version: ___, weights: ____, ...card } = tinyCard(id, 1);
  const weights = goldenWeights(id, SIZE, readGolden(id));
  const responses = tf.tidy(() => {
    const gray = tf.fill([1, SIDE, SIDE, 1], 128 / 255) as tf.Tensor4D;
    return forward(ARCHITECTURES[id].network, toDevice(weights), gray).responses.arraySync();
  });
  return await saveModel(
    `${folder}/${id}`,
    {
      ...card,
      architecture: { id, ...ARCHITECTURES[id].network },
      stimulus: { ...card.stimulus, ...SIZE },
      neurons: card.neurons.slice(0, 3),
      golden: { stimuli: [Buffer.alloc(SIDE ** 2, 128).toString('base64')], responses },
    },
    weights,
  );
}
