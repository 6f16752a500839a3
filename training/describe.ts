import * as tf from '@tensorflow/tfjs';
import type { NamedTensor } from '../src/formats/safetensors.js';
import { InputError } from '../src/input-error.js';
import type { GoldenCard, StimulusCard } from '../src/model/card.js';
import type { Architecture } from '../src/network/architectures.js';
import { forward } from '../src/network/forward.js';
import { stimulusStatistics } from '../src/stimulus/training-range.js';
import { toTensor } from './fit.js';
import type { Recording } from './site.js';

/** Images whose responses a card keeps. */
const GOLDEN_STIMULI = 4;
/** Images read at once. */
const BATCH = 500;

/** What a card says of a site's stimuli: their size, their mean gray, the range they span. */
export async function describeStimuli(
  training: Recording,
  degreesPerImage: number | null,
): Promise<StimulusCard> {
  const { height, width, count } = training;
  const names = ['mean', 'contrast', 'spatialFrequency'] as const;
  const range = Object.fromEntries(
    names.map((name) => [name, [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]]),
  ) as Record<(typeof names)[number], [number, number]>;
  let sum = 0;
  for (let first = 0; first < count; first += BATCH) {
    const length = Math.min(BATCH, count - first);
    const { pixels } = await training.stimuli(Array.from({ length }, (_, i) => first + i));
    for (let image = 0; image < length; image++) {
      const each = pixels.subarray(image * height * width, (image + 1) * height * width);
      const statistics = stimulusStatistics({ height, width, pixels: each });
      sum += statistics.mean;
      for (const name of names) {
        const [least, most] = range[name];
        range[name] = [Math.min(least, statistics[name]), Math.max(most, statistics[name])];
      }
    }
  }
  return {
    height,
    width,
    scale: 1,
    offset: 0,
    backgroundGray: sum / count,
    degreesPerImage,
    trainingRange: range,
  };
}

/** Some validation images, as 8-bit pixels, with the responses of the trained networks. */
export async function goldenResponses(
  architecture: Architecture,
  weights: ReadonlyMap<string, NamedTensor>,
  validation: Recording,
): Promise<GoldenCard> {
  const count = Math.min(GOLDEN_STIMULI, validation.count);
  const indices = Array.from({ length: count }, (_, i) =>
    Math.floor((i * validation.count) / count),
  );
  const { height, width, pixels } = await validation.stimuli(indices);
  const bytes = Uint8Array.from(pixels, (value) => Math.round(value * 255));
  const rounded = Float32Array.from(bytes, (value) => value / 255);
  const responses = tf.tidy(() => {
    const parameters = Object.fromEntries(
      [...weights].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape], 'float32')]),
    );
    const stimuli = toTensor({ count, height, width, pixels: rounded });
    return forward(architecture, parameters, stimuli).responses; // [images, N]
  });
  const rows = await responses.array();
  if (!rows.flat().every(Number.isFinite)) {
    throw new InputError('the trained networks give responses that are not finite: they diverged');
  }
  responses.dispose();
  const image = (i: number) => bytes.subarray(i * height * width, (i + 1) * height * width);
  return {
    stimuli: indices.map((_, i) => Buffer.from(image(i)).toString('base64')),
    responses: rows,
  };
}
