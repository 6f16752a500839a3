import type { StimulusImage } from './stimuli.js';

interface Size {
  readonly height: number;
  readonly width: number;
}

/** Resizes an image row by row. */
export interface Resizer {
  /** Adds the next row, from the top: its pixels with their channels. */
  addRow(pixels: Float32Array): void;
  /** Returns the resized image after all rows were added. */
  finish(): StimulusImage;
}

/**
 * Linear interpolation of each channel along both axes, its kernel widened by the scale when shrinking so that no
 * pixel is skipped (the antialiased bilinear filter of Pillow and tf.image).
 */
export function createResizer(
  from: Pick<StimulusImage, 'height' | 'width' | 'channels'>,
  { height, width }: Size,
): Resizer {
  const { channels } = from;
  const columns = linearTaps(from.width, width);
  const rows = linearTaps(from.height, height);
  const across = width * channels;
  /** [from.height, width, channels]: the rows, each resized along itself */
  const narrow = new Float64Array(from.height * across);
  let added = 0;
  return { addRow, finish };

  function addRow(line: Float32Array): void {
    for (let x = 0, to = added * across; x < width; x++) {
      const { first, weights } = columns[x]!;
      for (let c = 0; c < channels; c++, to++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) {
          sum += weights[k]! * line[(first + k) * channels + c]!;
        }
        narrow[to] = sum;
      }
    }
    added += 1;
  }

  function finish(): StimulusImage {
    const pixels = new Float32Array(height * across);
    for (let y = 0; y < height; y++) {
      const { first, weights } = rows[y]!;
      for (let x = 0; x < across; x++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) {
          sum += weights[k]! * narrow[(first + k) * across + x]!;
        }
        pixels[y * across + x] = sum;
      }
    }
    return { height, width, channels, pixels };
  }
}

/** For each target pixel, computes the first source pixel that counts and the weights from it on. */
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
