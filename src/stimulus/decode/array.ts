import { InputError } from '../../errors.js';
import { decodeNpy, decodeNpyHeader, type NpyArray } from '../../formats/npy.js';
import { sizeText } from '../errors.js';
import { type ImageStack, readImageStack } from '../image-shape.js';
import { checkCount, checkPixels, type StimulusLimits } from '../limits.js';
import { copyIntegers, copyUnitFloats, scaleNotes } from '../pixel-values.js';
import { imageAxes, imageLength, type Stimuli, type StimulusShape } from '../stimuli.js';
import type { TargetShape } from '../target.js';

export interface DecodedArray {
  readonly stimuli: Stimuli;
  /** Notes on changes, for each stimulus. */
  readonly notes: readonly string[][];
}

/**
 * Decodes stimuli from a .npy file of a shape that `readImageStack` accepts: uint8 (value/255), uint16
 * (value/65535), float16, float32 or float64 (0..1), or bool (0 or 1).
 * @param target the size and the channels that the model takes, if any; they decide if a shape has two meanings
 * @param first the number of its first stimulus in the request; errors name `stimuli[i][y][x]`
 * @throws InputError for other shapes and types, a cut-off file, or floats that are not in 0..1,
 *   PayloadTooLargeError beyond the limits (judged by the header alone)
 */
export function decodeNpyStimuli(
  bytes: Uint8Array,
  target: TargetShape,
  limits: StimulusLimits,
  first: number,
): DecodedArray {
  const stack = readImageStack(decodeNpyHeader(bytes).shape, target);
  checkCount(stack.count, limits);
  checkPixels(stack, limits);
  return toStimuli(decodeNpy(bytes), stack, first);
}

/** Raw pixels without a header: `uint8` (value/255) or `float32` (0..1), little-endian. */
export const RAW_ELEMENTS = { uint8: 'u1', float32: 'f4' } as const;

/**
 * Decodes stimuli from raw bytes, row-major, the channels of a pixel one after the other; their number follows from the
 * length.
 * @param first as for `decodeNpyStimuli`
 * @throws InputError when the length is no multiple of one stimulus, or floats are not in 0..1,
 *   PayloadTooLargeError beyond the limits
 */
export function decodeRawStimuli(
  bytes: Uint8Array,
  dtype: keyof typeof RAW_ELEMENTS,
  image: StimulusShape,
  limits: StimulusLimits,
  first: number,
): DecodedArray {
  const element = RAW_ELEMENTS[dtype];
  const bytesEach = imageLength(image) * (element === 'u1' ? 1 : 4);
  const count = bytes.length / bytesEach;
  if (bytes.length === 0 || !Number.isInteger(count)) {
    throw new InputError(
      `${bytes.length} bytes are not a whole number of stimuli: ${sizeText(image)} in ${dtype} ` +
        `takes ${bytesEach} bytes each`,
    );
  }
  checkCount(count, limits);
  const stack = { ...image, count, channelsFirst: false };
  const data = element === 'u1' ? bytes : new Float32Array(new Uint8Array(bytes).buffer);
  return toStimuli({ stored: element, data }, stack, first);
}

function toStimuli(
  array: Pick<NpyArray, 'stored' | 'data'>,
  { count, height, width, channels, channelsFirst }: ImageStack,
  first: number,
): DecodedArray {
  const length = height * width * channels;
  const image = imageAxes({ height, width, channels });
  const axes = channelsFirst && channels === 3 ? [channels, height, width] : image;
  const pixels = new Float32Array(array.data.length);
  const notes: string[][] = Array.from({ length: count }, () => []);
  switch (array.stored) {
    case 'u1':
      copyIntegers(array.data, pixels, 255);
      break;
    case 'u2':
      copyIntegers(array.data, pixels, 65535);
      break;
    case 'b1':
    case 'f2':
    case 'f4':
    case 'f8':
      for (const [i, note] of notes.entries()) {
        const from = i * length;
        const to = from + length;
        const rounded = copyUnitFloats(
          array.data.subarray(from, to),
          pixels.subarray(from, to),
          (at) => `stimuli[${first + i}]${indices(at, axes)}`,
        );
        if (rounded !== undefined) note.push(rounded);
      }
      break;
    default:
      throw new InputError(
        `the pixels have the .npy type ${array.stored}; expected uint8 (0..255), uint16 (0..65535), ` +
          'bool, or float16, float32 or float64 (0..1)',
      );
  }
  const ofFile = scaleNotes(pixels);
  const inOrder = channelsFirst && channels === 3 ? interleaved(pixels, height * width) : pixels;
  return {
    stimuli: { count, height, width, channels, pixels: inOrder },
    notes: notes.map((own) => [...own, ...ofFile]),
  };
}

/** Writes the indices of element `at` of an array, such as `[3][7]`. */
function indices(at: number, axes: readonly number[]): string {
  let rest = at;
  const each = axes.toReversed().map((length) => {
    const index = rest % length;
    rest = Math.floor(rest / length);
    return `[${index}]`;
  });
  return each.toReversed().join('');
}

/** Turns images [3, height, width] of `size` pixels each into images [height, width, 3]. */
function interleaved(values: Float32Array, size: number): Float32Array {
  const pixels = new Float32Array(values.length);
  for (let from = 0; from < values.length; from += 3 * size) {
    for (let i = 0; i < size; i++) {
      for (let c = 0; c < 3; c++) pixels[from + 3 * i + c] = values[from + c * size + i]!;
    }
  }
  return pixels;
}
