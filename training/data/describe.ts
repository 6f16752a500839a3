import type { StimulusCard } from '../../src/models/card.js';
import { imageLength } from '../../src/stimulus/stimuli.js';
import { stimulusStatistics } from '../../src/stimulus/training-range.js';
import type { Recording } from './recording.js';

/** Images that are read at a time. */
const BATCH = 500;

/**
 * The fields of a card about a site's stimuli: their size, the mean of their luma, which is their gray, and the range that
 * it spans.
 */
export async function describeStimuli(
  training: Recording,
  degreesPerImage: number | null,
): Promise<StimulusCard> {
  const { height, width, channels, count } = training;
  const size = imageLength(training);
  const names = ['mean', 'contrast', 'spatialFrequency'] as const;
  const range = Object.fromEntries(
    names.map((name) => [name, [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]]),
  ) as Record<(typeof names)[number], [number, number]>;
  let sum = 0;
  for (let first = 0; first < count; first += BATCH) {
    const length = Math.min(BATCH, count - first);
    const { pixels } = await training.stimuli(Array.from({ length }, (_, i) => first + i));
    for (let image = 0; image < length; image++) {
      const each = pixels.subarray(image * size, (image + 1) * size);
      const statistics = stimulusStatistics({ height, width, channels, pixels: each });
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
    channels,
    scale: 1,
    offset: 0,
    backgroundGray: sum / count,
    degreesPerImage,
    trainingRange: range,
  };
}
