import { z } from 'zod';
import { sizeText, stimulusError } from './errors.js';
import { createResizer } from './resize.js';
import type { StimulusImage } from './stimuli.js';

/**
 * The way to fit a stimulus of another size than the model's: reject it, resize it if that changes its
 * proportions by at most a factor of 2, stretch it to any proportions, or crop it to its centre.
 */
export const Fit = z.enum(['none', 'resize', 'stretch', 'crop']).meta({
  description:
    "What to do with a stimulus of another size than the model's. none: reject it. resize: resize it, " +
    'rejected where that changes the ratio of width to height by more than a factor of 2. ' +
    'stretch: resize it whatever its proportions. crop: cut its centre out.',
});
export type Fit = z.infer<typeof Fit>;

export interface Size {
  readonly height: number;
  readonly width: number;
}

/** The largest factor by which `resize` may change the ratio of width to height. */
const MAX_DISTORTION = 2;

/**
 * Checks that a stimulus can be fitted to the target size.
 * @param index the number of the stimulus in the request, for the message
 * @param subject the subject and verb of the target size in the message
 * @throws InputError when the sizes differ and `fit` is `none`, `crop` finds too few pixels, or
 *   `resize` would change the proportions by more than a factor of 2
 */
export function checkSize(
  size: Size,
  target: Size,
  fit: Fit,
  index: number,
  subject = 'the model takes',
): void {
  if (sameSize(size, target)) return;
  const sizes = `is ${sizeText(size)}; ${subject} ${sizeText(target)}`;
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

/** Computes the factor, at least 1, by which the ratio of width to height changes between two sizes. */
function distortion(from: Size, to: Size): number {
  const ratio = (from.width * to.height) / (from.height * to.width);
  return Math.max(ratio, 1 / ratio);
}

/**
 * Fits an image that passed `checkSize` to the target size. `crop` takes the centre (an odd
 * remainder is cut off below and on the right). `resize` and `stretch` fit both axes:
 * linear interpolation, its kernel widened by the scale when shrinking so that no pixel is
 * skipped (the antialiased bilinear filter of Pillow and tf.image).
 * @returns the image, and a note when it was changed
 */
export function fitImage(
  image: StimulusImage,
  target: Size,
  fit: Fit,
): { image: StimulusImage; note?: string } {
  if (sameSize(image, target)) return { image };
  const note = fitNote(image, target, fit);
  return { image: fit === 'crop' ? cropCentre(image, target) : resizeLinear(image, target), note };
}

export function sameSize(a: Size, b: Size): boolean {
  return a.height === b.height && a.width === b.width;
}

/** The part of an image that `crop` keeps; an odd remainder is cut off below and on the right. */
export function cropWindow(from: Size, { height, width }: Size) {
  const top = Math.floor((from.height - height) / 2);
  const left = Math.floor((from.width - width) / 2);
  return { top, left, height, width };
}

/** Writes the note on an image that was fitted from one size to another. */
export function fitNote(from: Size, to: Size, fit: Fit): string {
  if (fit === 'crop') return `cropped from ${sizeText(from)}`;
  const stretched = from.height * to.width !== from.width * to.height;
  return `resized from ${sizeText(from)}${stretched ? ', proportions not kept' : ''}`;
}

function cropCentre(image: StimulusImage, target: Size): StimulusImage {
  const { channels } = image;
  const { top, left, height, width } = cropWindow(image, target);
  const across = width * channels;
  const pixels = new Float32Array(height * across);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * channels;
    pixels.set(image.pixels.subarray(from, from + across), y * across);
  }
  return { height, width, channels, pixels };
}

/** Resizes an image as `fitImage` does. */
export function resizeLinear(image: StimulusImage, target: Size): StimulusImage {
  const resizer = createResizer(image, target);
  const across = image.width * image.channels;
  for (let y = 0; y < image.height; y++) {
    resizer.addRow(image.pixels.subarray(y * across, (y + 1) * across));
  }
  return resizer.finish();
}
