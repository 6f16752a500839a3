import { z } from 'zod';
import { sizeText, stimulusError } from './errors.js';
import type { GrayImage } from './stimuli.js';

/** What to do with a stimulus of another size than the model's: refuse, resize, cut the centre out. */
export const Fit = z.enum(['none', 'resize', 'crop']);
export type Fit = z.infer<typeof Fit>;

export interface Size {
  readonly height: number;
  readonly width: number;
}

/**
 * Whether a stimulus can be brought to the target size.
 * @param index of the stimulus in the request, for the message
 * @param asker who asks for the target size, for the message
 * @throws InputError when the sizes differ and `fit` is `none`, or `crop` finds too few pixels
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
  if (fit === 'none') throw stimulusError(index, `${sizes}; add ?fit=resize or ?fit=crop`);
  if (fit === 'crop' && (size.height < target.height || size.width < target.width)) {
    throw stimulusError(index, `${sizes}; it is too small to crop`);
  }
}

/**
 * Brings an image that passed `checkSize` to the target size. `crop` takes the centre (of an odd
 * remainder, the larger half is cut off below and on the right). `resize` stretches both axes to
 * fit: linear interpolation, its kernel widened by the scale when shrinking so that no pixel is
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
