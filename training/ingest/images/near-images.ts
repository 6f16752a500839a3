import { LUMA } from '../../../src/formats/luma.js';

/** A small summary of an image, by which nearly equal images are found. */
export interface Fingerprint {
  /** 64 bits: whether the luma becomes brighter from each cell of an 8x9 grid to the next one in its row. */
  readonly bits: readonly [number, number];
  /** Means of the cells of a SIDE x SIDE grid in each channel, from 0 for the least to 255 for the largest: a byte each. */
  readonly cells: Uint8Array;
}

const ROWS = 8;
const COLUMNS = 9;
const SIDE = 16;
/** Bits that may differ between nearly equal images. */
const MAX_BITS = 4;
/** The lowest correlation of the cells of nearly equal images. */
const MIN_CORRELATION = 0.99;

/** The size of an image, and its channels: 1 of gray, 3 of colour. */
interface ImageForm {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Summarises an image.
 * @param pixels [height, width, channels], on any scale
 */
export function fingerprint(pixels: ArrayLike<number>, form: ImageForm): Fingerprint {
  const grid = luma(channelMeans(pixels, form, ROWS, COLUMNS));
  const bits: [number, number] = [0, 0];
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column + 1 < COLUMNS; column++) {
      const cell = row * COLUMNS + column;
      const bit = row * (COLUMNS - 1) + column;
      if (grid[cell + 1]! > grid[cell]!) bits[bit >> 5]! |= 1 << (bit & 31);
    }
  }
  return { bits, cells: toBytes(channelMeans(pixels, form, SIDE, SIDE)) };
}

/** Whether two images are the same but for noise, compression or brightness. */
export function isNear(a: Fingerprint, b: Fingerprint): boolean {
  const different = countBits(a.bits[0] ^ b.bits[0]) + countBits(a.bits[1] ^ b.bits[1]);
  return different <= MAX_BITS && correlation(a.cells, b.cells) >= MIN_CORRELATION;
}

function luma(channels: readonly Float32Array[]): Float32Array {
  const [first, ...others] = channels;
  if (others.length === 0) return first!;
  return first!.map((_, i) =>
    channels.reduce((sum, channel, c) => sum + LUMA[c]! * channel[i]!, 0),
  );
}

/** The means of the cells in each channel. */
function channelMeans(
  pixels: ArrayLike<number>,
  form: ImageForm,
  rows: number,
  columns: number,
): Float32Array[] {
  return Array.from({ length: form.channels }, (_, channel) =>
    cellMeans(pixels, form, channel, rows, columns),
  );
}

/** Means of the pixels in each cell; a cell that is smaller than a pixel has the pixel at its middle. */
function cellMeans(
  pixels: ArrayLike<number>,
  { height, width, channels }: ImageForm,
  channel: number,
  rows: number,
  columns: number,
): Float32Array {
  const means = new Float32Array(rows * columns);
  const tops = edges(height, rows);
  const lefts = edges(width, columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [top, bottom] = tops[row]!;
      const [left, right] = lefts[column]!;
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) sum += pixels[(y * width + x) * channels + channel]!;
      }
      means[row * columns + column] = sum / ((bottom - top) * (right - left));
    }
  }
  return means;
}

function toBytes(channels: readonly Float32Array[]): Uint8Array {
  const values = Float32Array.from(channels.flatMap((channel) => [...channel]));
  const least = values.reduce((a, b) => Math.min(a, b));
  const range = values.reduce((a, b) => Math.max(a, b)) - least;
  return Uint8Array.from({ length: values.length }, (_, i) => {
    return range === 0 ? 0 : Math.round((255 * (values[i]! - least)) / range);
  });
}

function edges(length: number, cells: number): (readonly [from: number, to: number])[] {
  return Array.from({ length: cells }, (_, cell) => {
    const from = Math.min(length - 1, Math.floor((cell * length) / cells));
    return [from, Math.max(from + 1, Math.floor(((cell + 1) * length) / cells))] as const;
  });
}

/** The number of ones in a word of 32 bits, added up in pairs, fours and eights: every image meets every other. */
function countBits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  const eights = (fours + (fours >>> 4)) & 0x0f0f0f0f;
  return Math.imul(eights, 0x01010101) >>> 24;
}

function correlation(a: Uint8Array, b: Uint8Array): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! - meanA, b[i]! - meanB];
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  if (squaresA === 0 || squaresB === 0) return squaresA === squaresB ? 1 : 0;
  return product / Math.sqrt(squaresA * squaresB);
}

function mean(values: Uint8Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
