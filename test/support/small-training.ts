import { Recipe } from '../../src/datasets/recipes.js';
import type { Weights } from '../../src/models/saved-model.js';
import { randomStream } from '../../src/network/random.js';
import type { Recording } from '../../training/data/recording.js';
import type { Site } from '../../training/data/site.js';
import { splitSite } from '../../training/data/split.js';
import type { PopulationTask } from '../../training/model/networks.js';

/** A network that trains in a moment. */
export const SMALL_RECIPE = Recipe.parse({
  architecture: 'rf_cnn',
  channels: 4,
  epochs: 3,
  batchSize: 20,
  dropout: 0.3,
});

/** Trains some neurons of a site by the small recipe with changes. */
export function smallTask(
  site: Pick<Site, 'training' | 'validation'>,
  neurons: readonly number[],
  changes: Partial<Recipe> = {},
): PopulationTask {
  const recipe = { ...SMALL_RECIPE, ...changes };
  return { data: splitSite(site, 'validation', 1), recipe, neurons, seed: 1 };
}

/** A recording with changed responses of one neuron. */
export function withResponses(
  recording: Recording,
  neuron: number,
  respond: (image: number) => number,
): Recording {
  const responses = recording.responses.slice();
  for (let i = 0; i < recording.count; i++) {
    responses[i * recording.neurons + neuron] = respond(i);
  }
  return { ...recording, responses };
}

/** A recording in which a third of the responses of some neurons, drawn at random, were not measured. */
export function withoutThird(recording: Recording, neurons: readonly number[]): Recording {
  const responses = recording.responses.slice();
  for (const neuron of neurons) {
    const order = Uint32Array.from({ length: recording.count }, (_, image) => image);
    randomStream(1, 'not measured', neuron).shuffle(order);
    for (const image of order.subarray(0, Math.floor(recording.count / 3))) {
      responses[image * recording.neurons + neuron] = Number.NaN;
    }
  }
  return { ...recording, responses };
}

/** Parameters as hexadecimal text, which is compared bit for bit. */
export function bitsOf(weights: Weights): Record<string, string> {
  return Object.fromEntries(
    [...weights].map(([name, { data }]) => [
      name,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
    ]),
  );
}
