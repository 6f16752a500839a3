import { createHash } from 'node:crypto';
import { InputError } from '../../src/errors.js';
import type { StoredElement } from '../../src/formats/npy-elements.js';
import type { Stimuli } from '../../src/stimulus/stimuli.js';
import type { DataRules } from './data-rules.js';

/** The image files of a recording, as far as they are surveyed. */
export interface ImageFile {
  readonly name: string;
  readonly count: number;
  readonly stored: StoredElement;
  /** The pixel value that is white. */
  readonly white: number;
  /** Reads some images, white as 1. */
  stimuli(indices: ArrayLike<number>): Promise<Stimuli>;
}

/** What one pass over all images finds. */
export interface ImageSurvey {
  /** Mean of all pixels and channels, 0..1. */
  readonly meanGray: number;
  /** Of each image: the same pixels have the same digest. */
  readonly digests: readonly string[];
}

/** Images that are read at a time. */
const BATCH = 500;

/** Images whose pixels all stay below this share of white probably have another scale. */
const DARK = 1 / 4;

/** The largest values that recordings have for white. */
const WHITES = [1, 255, 1023, 4095, 16383];

/**
 * Reads all images once, so that bad ones are rejected before the training begins.
 * @throws InputError naming the file, the image and what to do
 */
export async function surveyImages(
  images: ImageFile,
  { allowBlank, white }: Pick<DataRules, 'allowBlank' | 'white'>,
): Promise<ImageSurvey> {
  const blank: number[] = [];
  const digests: string[] = [];
  let [sum, pixelCount, brightest] = [0, 0, 0];
  for (let first = 0; first < images.count; first += BATCH) {
    const length = Math.min(BATCH, images.count - first);
    const indices = Array.from({ length }, (_, i) => first + i);
    const { pixels, channels } = await images.stimuli(indices);
    const size = pixels.length / length;
    for (const [i, image] of indices.entries()) {
      const own = pixels.subarray(i * size, (i + 1) * size);
      for (const pixel of own) {
        if (!(pixel >= 0 && pixel <= 1)) throw pixelError(images, image, pixel);
        sum += pixel;
        if (pixel > brightest) brightest = pixel;
      }
      if (own.every((value, k) => value === own[k % channels])) blank.push(image);
      digests.push(createHash('sha256').update(own).digest('base64'));
    }
    pixelCount += pixels.length;
  }
  if (white === null && brightest < DARK) throw darkError(images, brightest);
  checkDistinct(images, digests);
  if (blank.length > 0 && !allowBlank) throw blankError(images, blank);
  return { meanGray: sum / pixelCount, digests };
}

function pixelError({ name, white }: ImageFile, image: number, pixel: number): InputError {
  const value = Number((pixel * white).toPrecision(6));
  const found = `${name}: image ${image} has a pixel of ${value}; expected 0 (black) to ${white} (white)`;
  if (value > white)
    return new InputError(`${found}: give the value that is white, e.g. --white 255`);
  return new InputError(
    `${found}: save the images as they were shown, not centred or z-scored, and without NaN`,
  );
}

function darkError({ name, stored, white }: ImageFile, brightest: number): InputError {
  const largest = Number((brightest * white).toPrecision(6));
  if (largest === 0) return new InputError(`${name}: every pixel is 0: all images are black`);
  const integer = stored.startsWith('u');
  const likely = integer && WHITES.find((each) => each >= largest);
  const advice = likely
    ? `--white ${likely} if that is white`
    : 'the value that is white as --white';
  return new InputError(
    `${name}: no pixel is above ${largest}, of ${white} for white in this type: pass ${advice}, or ` +
      `--white ${white} if the images are that dark`,
  );
}

function checkDistinct({ name, count }: ImageFile, digests: readonly string[]): void {
  if (count === 1 || new Set(digests).size > 1) return;
  throw new InputError(`${name}: all ${count} images are the same; expected different images`);
}

function blankError({ name }: ImageFile, blank: readonly number[]): InputError {
  const others = blank.length > 1 ? `, as are ${blank.length - 1} others` : '';
  return new InputError(
    `${name}: image ${blank[0]} is blank, of one gray or colour all over${others}: remove it with its ` +
      'responses, or pass --allow-blank',
  );
}
