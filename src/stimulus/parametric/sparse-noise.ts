import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { z } from 'zod';
import { InputError } from '../../errors.js';
import type { Canvas } from '../stimuli.js';
import { Contrast, frames, MAX_PIXELS } from './fields.js';
import { type Drawing, settleContrasts } from './paint.js';

/** A sequence of frames, each with a few bright and dark squares at random places. */
export const SparseNoise = z.strictObject({
  size: z
    .int()
    .min(1)
    .max(MAX_PIXELS)
    .default(5)
    .meta({ description: 'side of a square, whole pixels', unit: 'pixels' }),
  squares: z.int().min(1).max(1000).default(4).meta({ description: 'in each frame' }),
  polarity: z
    .enum(['both', 'bright', 'dark'])
    .default('both')
    .meta({ description: 'of the squares; both: each is one or the other, at random' }),
  contrast: Contrast.meta({
    description:
      'Weber, |luminance - background| / background; left out: the largest that the background allows',
  }),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(1)
    .meta({ description: 'the same seed gives the same sequence, everywhere' }),
  frames: frames(16),
});
export type SparseNoise = z.infer<typeof SparseNoise>;

/**
 * Draws sparse noise on a grid of whole squares that is centred on the image (an odd remainder is below and on
 * the right). Pixels outside the grid have the background. Each frame has squares at `squares` random places, all
 * equally likely, each bright or dark. A longer sequence of one seed begins with the shorter one.
 * @throws InputError when the grid has fewer places than a frame has squares
 */
export function drawSparseNoise(noise: SparseNoise, canvas: Canvas): Drawing {
  const { size, squares } = noise;
  const { contrasts, notes } = settleContrasts(canvas, [noise.contrast], 'Weber');
  const contrast = contrasts[0]!;
  const { rows, columns, top, left } = noiseGrid(size, canvas);
  if (squares > rows * columns) {
    throw new InputError(
      `${squares} squares of ${size} pixels do not fit a grid of ${rows} x ${columns} places`,
    );
  }
  const drawSquares = sequence(noise, rows * columns);
  return {
    frames: noise.frames,
    peak: noise.polarity === 'dark' ? 0 : contrast,
    notes,
    frame: (index) => {
      const layer = new Float64Array(canvas.height * canvas.width);
      for (const square of drawSquares(index)) {
        const place = square >> 1;
        const x = left + (place % columns) * size;
        const y = top + Math.floor(place / columns) * size;
        for (let row = y; row < y + size; row++) {
          const start = row * canvas.width + x;
          layer.fill(square & 1 ? contrast : -contrast, start, start + size);
        }
      }
      return layer;
    },
  };
}

/** Computes the grid of squares of a size: its rows and columns, and the pixel where the first square begins. */
export function noiseGrid(size: number, canvas: Pick<Canvas, 'height' | 'width'>) {
  const columns = Math.floor(canvas.width / size);
  const rows = Math.floor(canvas.height / size);
  const top = Math.floor((canvas.height - rows * size) / 2);
  const left = Math.floor((canvas.width - columns * size) / 2);
  return { rows, columns, top, left };
}

/**
 * Draws the places of the squares of the frames in order, on demand.
 * @returns the function from a frame's index to its squares: 2 * place + 1 for a bright one, 2 * place for a dark one
 */
function sequence(
  { seed, squares, polarity }: SparseNoise,
  places: number,
): (index: number) => Int32Array {
  const random = xoroshiro128plus(seed);
  const order = Int32Array.from({ length: places }, (_, i) => i);
  const drawn: Int32Array[] = [];
  const isBright = () =>
    polarity === 'both' ? uniformInt(random, 0, 1) === 1 : polarity === 'bright';
  return (index) => {
    while (drawn.length <= index) {
      const frame = new Int32Array(squares);
      for (let i = 0; i < squares; i++) {
        // These are the first steps of a shuffle, which may start from any order.
        const chosen = uniformInt(random, i, places - 1);
        const place = order[chosen]!;
        order[chosen] = order[i]!;
        order[i] = place;
        frame[i] = 2 * place + (isBright() ? 1 : 0);
      }
      drawn.push(frame);
    }
    return drawn[index]!;
  };
}
