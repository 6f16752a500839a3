import { z } from 'zod';
import { sizeText, stimulusError } from './errors.js';
import type { GrayImage } from './stimuli.js';

/**
 * What to do with a stimulus of another size than the model's: refuse it, resize it where that changes
 * its proportions by at most a factor of 2, stretch it whatever its proportions, or cut its centre out.
 */
export const Fit = z.enum(['none', 'resize', 'stretch', 'crop']).meta({
  description:
    "What to do with a stimulus of another size than the model's. none: refuse it. resize: resize it, " +
    'refused where that changes the ratio of width to height by more than a factor of 2. ' +
    'stretch: resize it whatever its proportions. crop: cut its centre out.',
});
export type Fit = z.infer<typeof Fit>;

export interface Size {
  readonly height: number;
  readonly width: number;
}

/** By how much `resize` may change the ratio of width to height. */
const MAX_DISTORTION = 2;

/**
 * Whether a stimulus can be brought to the target size.
 * @param index of the stimulus in the request, for the message
 * @param asker who asks for the target size, for the message
 * @throws InputError when the sizes differ and `fit` is `none`, `crop` finds too few pixels, or
 *   `resize` would change the proportions by more than a factor of 2
 */
export function checkSize(
  size: Size,
  target: Size,
  fit: Fit,
  index: number,
  asker = 'the model takes',
): void {
  if (sameSize(size, target)) return;
  const sizes = `is ${sizeText(size)}; ${asker} ${sizeText(target)}`;
  const factor = distortion(size, target);
  const tooSmall = size.height < target.height || size.width < target.width;
  const orCrop = tooSmall ? '' : ' or ?fit=crop';
  if (factor > MAX_DISTORTION && (fit === 'none' || fit === 'resize')) {
    const change = `its proportions would change by a factor of ${Number(factor.toPrecision(3))}`;
    const limit = `; ?fit=resize takes at most ${MAX_DISTORTION}`;
    const advice = `check the order of its axes, or add ?fit=stretch${orCrop}`;
    throw stimulusError(index, `${sizes}; ${change}${limit}; ${advice}`);
  }
  if (fit === 'none') throw stimulusError(index, `${sizes}; add ?fit=resize${orCrop}`);
  if (fit === 'crop' && tooSmall) throw stimulusError(index, `${sizes}; it is too small to crop`);
}

/** The factor, from 1 on, by which the ratio of width to height changes between two sizes. */
function distortion(from: Size, to: Size): number {
  const ratio = (from.width * to.height) / (from.height * to.width);
  return Math.max(ratio, 1 / ratio);
}

/**
 * Brings an image that passed `checkSize` to the target size. `crop` takes the centre (of an odd
 * remainder, the larger half is cut off below and on the right). `resize` and `stretch` fit both axes:
 * linear interpolation, its kernel widened by the scale when shrinking so that no pixel is
 * skipped (the antialiased bilinear filter of Pillow and tf.image).
 * @returns the image, and a note when it was changed
 */
export function fitImage(
  image: GrayImage,
  target: Size,
  fit: Fit,
): { image: GrayImage; note?: string } {
  if (sameSize(image, target)) return { image };
  if (fit === 'crop') {
    return { image: cropCentre(image, target), note: `cropped from ${sizeText(image)}` };
  }
  const stretched = image.height * target.width !== image.width * target.height;
  return {
    image: resizeLinear(image, target),
    note: `resized from ${sizeText(image)}${stretched ? ', proportions not kept' : ''}`,
  };
}

export function sameSize(a: Size, b: Size): boolean {
  return a.height === b.height && a.width === b.width;
}

function cropCentre(image: GrayImage, { height, width }: Size): GrayImage {
  const top = Math.floor((image.height - height) / 2);
  const left = Math.floor((image.width - width) / 2);
  const pixels = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * image.width + left;
    pixels.set(image.pixels.subarray(from, from + width), y * width);
  }
  return { height, width, pixels };
}

function resizeLinear(image: GrayImage, { height, width }: Size): GrayImage {
  const columns = linearTaps(image.width, width);
  const rows = linearTaps(image.height, height);
  const narrow = new Float64Array(image.height * width);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      const { first, weights } = columns[x]!;
      let sum = 0;
      for (let k = 0; k < weights.length; k++) {
        sum += weights[k]! * image.pixels[y * image.width + first + k]!;
      }
      narrow[y * width + x] = sum;
    }
  }
  const pixels = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const { first, weights } = rows[y]!;
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) {
        sum += weights[k]! * narrow[(first + k) * width + x]!;
      }
      pixels[y * width + x] = sum;
    }
  }
  return { height, width, pixels };
}

/** For each target pixel: the first source pixel that counts, and the weights from there on. */
function linearTaps(from: number, to: number): { first: number; weights: Float64Array }[] {
  const scale = from / to;
  const reach = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5;
    const first = Math.max(Math.ceil(centre - reach), 0);
    const last = Math.min(Math.floor(centre + reach), from - 1);
    const weights = Float64Array.from({ length: last - first + 1 }, (_unused, k) =>
      Math.max(1 - Math.abs(first + k - centre) / reach, 0),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => weight / total) };
  });
}
