import { InputError } from '../../src/errors.js';
import { openNetwork } from '../../src/imports/open-network.js';
import type { ImportedCard } from '../../src/models/native-card.js';
import type { SavedModel } from '../../src/models/saved-model.js';
import { stimulusAt } from '../../src/stimulus/stimuli.js';
import type { Recording } from '../data/recording.js';
import type { Prediction } from './prediction.js';

/**
 * Runs all images of a recording through an imported network, which shows its responses alone.
 * @param onProgress is called with the number of responses that were computed since the last call
 * @throws InputError when a response is not finite
 */
export async function predictImported(
  saved: SavedModel & { readonly card: ImportedCard },
  recording: Recording,
  onProgress: (responses: number) => void,
): Promise<Prediction> {
  const ids = saved.card.neurons.map(({ id }) => id);
  const [images, neurons] = [recording.count, ids.length];
  const responses = { stimuli: images, neurons, values: new Float32Array(images * neurons) };
  const network = await openNetwork(saved);
  try {
    for (let image = 0; image < images; image++) {
      const { pixels } = stimulusAt(await recording.stimuli([image]), 0);
      const own = await network.respond(pixels);
      const bad = own.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) {
        throw new InputError(`its neuron ${ids[bad]} responds to image ${image} with ${own[bad]}`);
      }
      responses.values.set(own, image * neurons);
      onProgress(neurons);
    }
  } finally {
    await network.close();
  }
  return { responses, members: [responses], terms: null, attention: null };
}
