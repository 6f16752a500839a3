import { z } from 'zod';
import { finish } from './fits/least-squares.js';
import { fitPosition } from './fits/position.js';
import { positionIndices } from './position-indices.js';
import type { Places } from './receptive-field.js';
import { CurveTuning } from './schemas.js';

/** The number of places along a side of a map. */
const MAX_PLACES = 25;

/** A receptive field by the gradient of the response. */
export const GradientField = z.strictObject({
  /** Mean absolute gradient at each place: a list for each y, from the top. */
  map: z.array(z.array(z.number())),
  ...CurveTuning.shape,
});
export type GradientField = z.infer<typeof GradientField>;

/** A map over an image, `[y, x]`, row by row. */
export interface GradientMap extends Places {
  readonly map: Float64Array;
}

/**
 * Averages the absolute gradient, summed over channels, over stimuli and over squares of pixels. The squares are large enough
 * that no side has more than 25 of them. Pixels that fill no square are skipped, half at each end.
 * @param gradients of one neuron, [stimuli, height, width, channels]
 */
export function gradientMap(
  gradients: Float32Array,
  height: number,
  width: number,
  channels = 1,
): GradientMap {
  const side = Math.ceil(Math.max(height, width) / MAX_PLACES);
  const [rows, columns] = [height, width].map((length) => Math.floor(length / side)) as [
    number,
    number,
  ];
  const [top, left] = [height - rows * side, width - columns * side].map((rest) =>
    Math.floor(rest / 2),
  ) as [number, number];
  const map = new Float64Array(rows * columns);
  const each = (gradients.length / (height * width * channels)) * side * side;
  for (const [i, slope] of gradients.entries()) {
    const pixel = Math.floor(i / channels);
    const row = Math.floor((Math.floor((pixel % (height * width)) / width) - top) / side);
    const column = Math.floor(((pixel % width) - left) / side);
    if (row < 0 || row >= rows || column < 0 || column >= columns) continue;
    map[row * columns + column]! += Math.abs(slope) / each;
  }
  const middle = (first: number, place: number, length: number) =>
    first + (place + 0.5) * side - length / 2;
  return {
    map,
    x: Array.from({ length: columns }, (_, place) => middle(left, place, width)),
    y: Array.from({ length: rows }, (_, place) => -middle(top, place, height)),
  };
}

/** Fits a Gaussian to a map, and derives its centre and its diameter. */
export function gradientField({ map, x, y }: GradientMap): GradientField {
  const gaussian = finish(fitPosition(x, y, map));
  return {
    map: y.map((_, row) => Array.from(map.subarray(row * x.length, (row + 1) * x.length))),
    fits: { gaussian },
    indices: positionIndices(gaussian),
  };
}
