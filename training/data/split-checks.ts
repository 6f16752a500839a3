import { InputError } from '../../src/errors.js';
import type { DataRules } from './data-rules.js';
import type { ImageSurvey } from './image-survey.js';
import { countMeasured } from './measured.js';
import type { Recording } from './recording.js';

/** The mean grays of two sets of images differ by at most this factor. */
const MAX_BRIGHTNESS_FACTOR = 2;

/** The largest share of the validation images that may also be training images without an option. */
const MAX_SHARED = 0.1;

/** CORR over two images is always 1 or -1. */
const MIN_IMAGES = 3;

/** CORR over fewer images than these depends more on which they are than on the model. */
const FEW_IMAGES = 20;

/**
 * Compares the mean grays (0..1) of two sets of images.
 * @param images each with what it is called
 * @throws InputError when they are a factor of more than 2 apart and that is not allowed
 */
export function checkBrightness(
  images: Readonly<Record<string, number>>,
  { allowBrightness }: Pick<DataRules, 'allowBrightness'>,
): void {
  const means = Object.values(images);
  const factor = Math.max(...means) / Math.min(...means);
  if (allowBrightness || factor <= MAX_BRIGHTNESS_FACTOR) return;
  const each = Object.entries(images).map(([name, mean]) => `${name} ${short(mean)}`);
  throw new InputError(
    `the mean grays are a factor of ${short(factor)} apart: ${each.join(', ')} (0 black, 1 white); ` +
      `expected at most ${MAX_BRIGHTNESS_FACTOR}: save both on one scale, or pass --allow-brightness`,
  );
}

/**
 * Checks whether CORR over some images is meaningful.
 * @param what the images are, e.g. `validation`
 * @returns a warning, or none
 * @throws InputError when they are too few for CORR and that is not allowed
 */
export function checkCount(
  what: string,
  count: number,
  { allowFew }: Pick<DataRules, 'allowFew'>,
): string[] {
  if (count >= FEW_IMAGES) return [];
  if (count < MIN_IMAGES && !allowFew) {
    throw new InputError(
      `too few ${what} images: ${count}; expected at least ${MIN_IMAGES}, since CORR over 2 is ` +
        'always 1 or -1: add some, or pass --allow-few',
    );
  }
  return [`only ${count} ${what} images: CORR, PT_J and PT_S over so few say little`];
}

/**
 * Checks whether each neuron that is used was measured for enough images.
 * @param what the images are, e.g. `validation`
 * @param advice how to go on without the neurons that were not
 * @returns a warning, or none
 * @throws InputError naming the first neuron that was measured for too few images
 */
export function checkMeasured(
  what: string,
  recording: Pick<Recording, 'count' | 'neurons' | 'responses'>,
  { allowFew, neurons: used }: Pick<DataRules, 'allowFew' | 'neurons'>,
  advice = 'leave it out with train --neurons, or pass --allow-few where it was measured for any',
): string[] {
  const { count } = recording;
  const measured = countMeasured(recording);
  const ids = used ?? Array.from(measured.keys());
  const partial = ids.filter((neuron) => measured[neuron]! < count);
  if (partial.length === 0) return [];
  const least = allowFew ? 1 : MIN_IMAGES;
  const few = partial.filter((neuron) => measured[neuron]! < least);
  if (few.length > 0) {
    const others = few.length > 1 ? `, and ${few.length - 1} more for too few` : '';
    throw new InputError(
      `neuron ${few[0]} was measured for ${measured[few[0]!]} of the ${count} ${what} images${others}; ` +
        `expected at least ${least}: ${advice}`,
    );
  }
  const fewest = partial.reduce((min, neuron) => Math.min(min, measured[neuron]!), count);
  return [
    `${partial.length} of the ${ids.length} neurons were not measured for all ${count} ${what} images, the least ` +
      `measured one for ${fewest}; each neuron has its own images left out`,
  ];
}

/** How many of some images are among others, pixel for pixel. */
export function countShared(
  { digests }: Pick<ImageSurvey, 'digests'>,
  others: Pick<ImageSurvey, 'digests'>,
): number {
  const known = new Set(others.digests);
  return digests.filter((digest) => known.has(digest)).length;
}

/**
 * Checks how many of the images that measure networks, or choose their epochs, were also trained on.
 * @param what the images are, e.g. `validation`
 * @returns a warning, or none
 * @throws InputError when they are more than a tenth and that is not allowed
 */
export function checkShared(
  what: string,
  images: Pick<ImageSurvey, 'digests'>,
  training: Pick<ImageSurvey, 'digests'>,
  { allowShared }: Pick<DataRules, 'allowShared'>,
): string[] {
  const shared = countShared(images, training);
  if (shared === 0) return [];
  const found = `${shared} of the ${images.digests.length} ${what} images are training images too`;
  if (!allowShared && shared > MAX_SHARED * images.digests.length) {
    throw new InputError(
      `${found}, so CORR would say little about new images; expected at most a tenth: remove them ` +
        'on one side, or pass --allow-shared',
    );
  }
  return [`${found}: CORR on them says nothing about new images`];
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
