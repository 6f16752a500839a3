import type { GrayImage } from './stimuli.js';

interface Size {
  readonly height: number;
  readonly width: number;
}

/** Resizes an image row by row. */
export interface Resizer {
  /** Adds the next row, from the top. */
  addRow(pixels: Float32Array): void;
  /** Returns the resized image after all rows were added. */
  finish(): GrayImage;
}

/**
 * Linear interpolation along both axes, its kernel widened by the scale when shrinking so that no
 * pixel is skipped (the antialiased bilinear filter of Pillow and tf.image).
 */
export function createResizer(from: Size, { height, width }: Size): Resizer {
  const columns = linearTaps(from.width, width);
  const rows = linearTaps(from.height, height);
  /** [from.height, width]: the rows, each resized along itself */
  const narrow = new Float64Array(from.height * width);
  let added = 0;
  return { addRow, finish };

  function addRow(line: Float32Array): void {
    for (let x = 0; x < width; x++) {
      const { first, weights } = columns[x]!;
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * line[first + k]!;
      narrow[added * width + x] = sum;
    }
    added += 1;
  }

  function finish(): GrayImage {
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
