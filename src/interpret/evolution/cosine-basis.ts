import type { StimulusSize } from '../../network/stimulus-size.js';

/** Patterns of an image that slow changes of gray are made of. */
export interface Basis {
  /** Number of patterns. */
  readonly count: number;
  /** The sum of the patterns, each times its weight, [height, width]. */
  combine(weights: ArrayLike<number>): Float32Array;
}

/**
 * The slowest cosines of an image, as of the discrete cosine transform (DCT-II): each has a norm of 1, and any two are
 * orthogonal.
 * @param side the most half-cycles over the height and over the width, plus 1
 */
export function cosineBasis({ height, width }: StimulusSize, side: number): Basis {
  const down = cosines(height, Math.min(side, height));
  const across = cosines(width, Math.min(side, width));
  const count = down.length * across.length;
  return {
    count,
    combine(weights) {
      const image = new Float32Array(height * width);
      for (const [i, rows] of down.entries()) {
        const line = new Float64Array(width);
        for (const [j, columns] of across.entries()) {
          const weight = weights[i * across.length + j]!;
          for (let x = 0; x < width; x++) line[x]! += weight * columns[x]!;
        }
        for (let at = 0; at < image.length; at++) {
          image[at]! += rows[Math.floor(at / width)]! * line[at % width]!;
        }
      }
      return image;
    },
  };
}

function cosines(length: number, count: number): Float64Array[] {
  return Array.from({ length: count }, (_, k) => {
    const norm = Math.sqrt((k === 0 ? 1 : 2) / length);
    return Float64Array.from(
      { length },
      (__, i) => norm * Math.cos((Math.PI * (i + 0.5) * k) / length),
    );
  });
}
