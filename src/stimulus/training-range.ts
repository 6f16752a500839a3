import type { GrayImage } from './stimuli.js';

/** What is compared with the images a model was trained on. */
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

export function stimulusStatistics({ height, width, pixels }: GrayImage): StimulusStatistics {
  let sum = 0;
  for (const pixel of pixels) sum += pixel;
  const mean = sum / pixels.length;
  let squares = 0;
  for (const pixel of pixels) squares += (pixel - mean) ** 2;
  const variance = squares / pixels.length;
  const slope = gradientPower(pixels, height, width);
  return {
    mean,
    contrast: Math.sqrt(variance),
    spatialFrequency: slope === 0 ? 0 : Math.sqrt(slope / variance) / (2 * Math.PI),
  };
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

/** So that the RMS contrast of an image is not taken for the Michelson contrast of what is shown in it. */
const IN_WORDS: { readonly [name in keyof StimulusStatistics]: string } = {
  mean: 'mean',
  contrast: 'RMS contrast of the whole image',
  spatialFrequency: 'spatialFrequency',
};

/**
 * One line for each statistic outside its range, e.g. `outside the training range: mean 0.9 > 0.7`, with
 * as many digits as it takes for the comparison to be true as it is printed.
 * @param range null where it is not known: then nothing is outside it
 */
export function rangeWarnings(
  statistics: StimulusStatistics,
  range: TrainingRange | null,
): string[] {
  if (range === null) return [];
  return (['mean', 'contrast', 'spatialFrequency'] as const).flatMap((name) => {
    const value = statistics[name];
    // a uniform image has no spatial frequency, and its contrast says so
    if (name === 'spatialFrequency' && value === 0) return [];
    const [low, high] = range[name];
    if (value >= low && value <= high) return [];
    const [sign, end] = value < low ? ['<', low] : ['>', high];
    const [shown, limit] = apart(value, end);
    return [`outside the training range: ${IN_WORDS[name]} ${shown} ${sign} ${limit}`];
  });
}

/** Two different numbers in the fewest digits, at least 3, that keep their order. */
function apart(a: number, b: number): [number, number] {
  for (let digits = 3; digits < 17; digits++) {
    const [x, y] = [Number(a.toPrecision(digits)), Number(b.toPrecision(digits))];
    if (x !== y) return [x, y];
  }
  return [a, b];
}
