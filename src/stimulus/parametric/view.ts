import { z } from 'zod';
import type { Canvas, StimulusImage } from '../stimuli.js';
import { apertureCoverage } from './aperture.js';
import { Edge, InnerDiameter, MAX_PIXELS, Position } from './fields.js';

/** An image file that is blurred or behind an aperture. */
export const ImageView = z
  .strictObject({
    png: z.string().optional().meta({ description: 'base64; also JPEG, WebP, TIFF' }),
    npy: z.string().optional().meta({ description: 'base64, of one image' }),
    blur: z
      .number()
      .min(0)
      .max(20)
      .default(0)
      .meta({ description: 'sigma of a Gaussian; 0: none', unit: 'pixels' }),
    diameter: z
      .number()
      .positive()
      .max(MAX_PIXELS)
      .nullable()
      .default(null)
      .meta({ description: 'of the aperture; null: the whole image', unit: 'pixels' }),
    innerDiameter: InnerDiameter,
    ...Position,
    edge: Edge,
  })
  .refine(({ png, npy }) => (png === undefined) !== (npy === undefined), {
    error: 'one of png and npy is expected',
  });
export type ImageView = z.infer<typeof ImageView>;

/** Weights beyond this many sigma are below 2e-8 of the largest and are ignored. */
const REACH = 6;

/**
 * Blurs an image and applies an aperture: pixel = background + a * (image - background), where a is the share of
 * the pixel inside the aperture.
 * @throws InputError when the hole of the aperture covers everything
 */
export function viewImage(
  image: StimulusImage,
  view: Omit<ImageView, 'png' | 'npy'>,
  { background }: Pick<Canvas, 'background'>,
): StimulusImage {
  const { height, width, channels } = image;
  const blurred = view.blur === 0 ? image : blurImage(image, view.blur);
  const coverage = apertureCoverage(view, image, view);
  if (coverage === null) return blurred;
  const pixels = blurred.pixels.map((pixel, i) => {
    return background + coverage[Math.floor(i / channels)]! * (pixel - background);
  });
  return { height, width, channels, pixels };
}

/**
 * Gaussian blur of each channel: the Gaussian sampled at whole pixels and made to sum to 1; at the border the image
 * continues mirrored (c b a | a b c). From sigma 0.7 on a grating of f cycles/pixel, up to 0.25, keeps
 * exp(-2 pi^2 sigma^2 f^2) of its contrast within 0.01; for smaller sigma the sampling is too coarse.
 */
export function blurImage(image: StimulusImage, sigma: number): StimulusImage {
  const { height, width, channels } = image;
  const weights = gaussian(sigma);
  const pixels = new Float32Array(image.pixels.length);
  for (let c = 0; c < channels; c++) {
    const own = Float64Array.from({ length: height * width }, (_, i) => {
      return image.pixels[i * channels + c]!;
    });
    const rows = convolveRows(own, width, weights);
    const columns = convolveRows(transpose(rows, height, width), height, weights);
    const values = transpose(columns, width, height);
    for (let i = 0; i < values.length; i++) pixels[i * channels + c] = values[i]!;
  }
  return { height, width, channels, pixels };
}

/** Computes the weights from the middle outward; all weights of the symmetric kernel sum to 1. */
function gaussian(sigma: number): Float64Array {
  const weights = Float64Array.from({ length: Math.ceil(REACH * sigma) + 1 }, (_, i) =>
    Math.exp(-(i * i) / (2 * sigma * sigma)),
  );
  const total = 2 * weights.reduce((sum, weight) => sum + weight, 0) - weights[0]!;
  return weights.map((weight) => weight / total);
}

/** Convolves rows of `length` values with symmetric weights. */
function convolveRows(values: Float64Array, length: number, weights: Float64Array): Float64Array {
  const reach = weights.length - 1;
  const row = new Float64Array(length + 2 * reach);
  const result = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += length) {
    for (let i = 0; i < row.length; i++) row[i] = values[start + mirrored(i - reach, length)]!;
    for (let i = 0; i < length; i++) {
      const centre = i + reach;
      let sum = weights[0]! * row[centre]!;
      for (let k = 1; k <= reach; k++) sum += weights[k]! * (row[centre - k]! + row[centre + k]!);
      result[start + i] = sum;
    }
  }
  return result;
}

/** Maps index i to an index in a row that is mirrored at both ends, as often as needed. */
function mirrored(i: number, length: number): number {
  const turn = ((i % (2 * length)) + 2 * length) % (2 * length);
  return turn < length ? turn : 2 * length - 1 - turn;
}

/** Transposes [height, width] to [width, height]. */
function transpose(values: Float64Array, height: number, width: number): Float64Array {
  const turned = new Float64Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) turned[x * height + y] = values[y * width + x]!;
  }
  return turned;
}
