import { toGray } from './channels.js';
import type { StimulusImage } from './stimuli.js';

/** Statistics of an image. A model's card has their range over the training images. */
export interface StimulusStatistics {
  /** Mean of the pixels, 0..1. */
  readonly mean: number;
  /** RMS contrast: the standard deviation of the pixels (divided by n, not by the mean), 0..0.5. */
  readonly contrast: number;
  /**
   * Root mean square of the spatial frequency, weighted by power, in cycles/pixel: the size of the
   * gradient against that of the deviations (Parseval), by differences of neighbouring pixels, so
   * that f counts as sin(pi f) / pi; 0 for a uniform image.
   */
  readonly spatialFrequency: number;
}

/** Smallest and largest value of each statistic over the training images. */
export type TrainingRange = {
  readonly [name in keyof StimulusStatistics]: readonly [number, number];
};

/** Smallest and largest RMS contrast, 0..0.5. */
export type ContrastRange = TrainingRange['contrast'];

/** Computes the statistics of an image; of a colour image they are those of its luma. */
export function stimulusStatistics(image: StimulusImage): StimulusStatistics {
  const { height, width, pixels } = toGray(image);
  const mean = meanLuminance(pixels);
  const contrast = deviation(pixels, mean);
  const slope = gradientPower(pixels, height, width);
  return {
    mean,
    contrast,
    spatialFrequency: slope === 0 ? 0 : Math.sqrt(slope) / contrast / (2 * Math.PI),
  };
}

function meanLuminance(pixels: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < pixels.length; i++) sum += pixels[i]!;
  return sum / pixels.length;
}

function deviation(pixels: Float32Array, mean: number): number {
  let squares = 0;
  for (let i = 0; i < pixels.length; i++) {
    const difference = pixels[i]! - mean;
    squares += difference * difference;
  }
  return Math.sqrt(squares / pixels.length);
}

/** Mean square of the differences between neighbours, horizontal plus vertical. */
function gradientPower(pixels: Float32Array, height: number, width: number): number {
  let across = 0;
  let down = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const here = pixels[y * width + x]!;
      if (x + 1 < width) across += (pixels[y * width + x + 1]! - here) ** 2;
      if (y + 1 < height) down += (pixels[(y + 1) * width + x]! - here) ** 2;
    }
  }
  const horizontal = width > 1 ? across / (height * (width - 1)) : 0;
  const vertical = height > 1 ? down / ((height - 1) * width) : 0;
  return horizontal + vertical;
}

/**
 * Compares the RMS contrast of an image, of its luma if it has colour, with that of the training images. Mean and spatial frequency are
 * not compared: on a synthetic site they do not predict the error of a model (`bench:warnings`).
 * @param range the smallest and the largest RMS contrast; null if unknown, and then no contrast is outside
 * @returns no line, or one, e.g. `outside the training range: RMS contrast of the whole image 0.06 < 0.08`,
 *   with enough digits that the printed comparison is true
 */
export function contrastWarnings(
  image: Pick<StimulusImage, 'channels' | 'pixels'>,
  range: ContrastRange | null,
): string[] {
  if (range === null) return [];
  const { pixels } = toGray(image);
  const contrast = deviation(pixels, meanLuminance(pixels));
  const [low, high] = range;
  if (contrast >= low && contrast <= high) return [];
  const [sign, end] = contrast < low ? ['<', low] : ['>', high];
  const [value, limit] = roundApart(contrast, end);
  // "RMS" and "of the whole image" distinguish it from the Michelson contrast of a grating.
  return [`outside the training range: RMS contrast of the whole image ${value} ${sign} ${limit}`];
}

/** Rounds two different numbers to the fewest digits, at least 3, that keep their order. */
function roundApart(a: number, b: number): [number, number] {
  for (let digits = 3; digits < 17; digits++) {
    const [x, y] = [Number(a.toPrecision(digits)), Number(b.toPrecision(digits))];
    if (x !== y) return [x, y];
  }
  return [a, b];
}
