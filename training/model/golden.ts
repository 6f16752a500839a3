import { InputError } from '../../src/errors.js';
import { stimulusTensor } from '../../src/interpret/interpretation.js';
import type { GoldenCard } from '../../src/models/card.js';
import { imageLength, type Stimuli } from '../../src/stimulus/stimuli.js';
import type { Recording } from '../data/recording.js';
import { type TrainedNetworks, withResponders } from './responder.js';

/** Images whose responses a card keeps. */
const GOLDEN_STIMULI = 4;
/** Networks that respond to them concurrently: some 0.3 GB of maps. */
const NETWORKS_AT_ONCE = 100;

/** Images of a recording for `goldenCard`, from all over it. */
export async function goldenImages(recording: Recording): Promise<Stimuli> {
  const length = Math.min(GOLDEN_STIMULI, recording.count);
  const step = recording.count / length;
  return await recording.stimuli(Array.from({ length }, (_, i) => Math.floor(i * step)));
}

/**
 * Stimuli, made 8-bit, with the networks' responses to them.
 * @throws InputError naming a neuron whose responses are not finite
 */
export async function goldenCard(
  networks: TrainedNetworks,
  { count, height, width, channels, pixels }: Stimuli,
): Promise<GoldenCard> {
  const bytes = Uint8Array.from(pixels, (value) => Math.round(value * 255));
  const rounded = Float32Array.from(bytes, (value) => value / 255);
  const stimuli = stimulusTensor({ count, height, width, channels, pixels: rounded });
  const responses: number[][] = Array.from({ length: count }, () => []);
  await withResponders(networks, NETWORKS_AT_ONCE, async ({ neurons, respond }) => {
    const values = await respond(stimuli);
    for (const [image, own] of responses.entries()) {
      own.push(...values.subarray(image * neurons.length, (image + 1) * neurons.length));
    }
  }).finally(() => stimuli.dispose());
  const bad = responses.flat().findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const neuron = networks.neurons[bad % networks.neurons.length];
    throw new InputError(`the network of neuron ${neuron} gives responses that are not finite`);
  }
  const size = imageLength({ height, width, channels });
  const image = (i: number) => bytes.subarray(i * size, (i + 1) * size);
  return {
    stimuli: responses.map((_, i) => Buffer.from(image(i)).toString('base64')),
    responses,
  };
}
