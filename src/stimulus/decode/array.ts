import { InputError } from '../../errors.js';
import { decodeNpy, decodeNpyHeader, type NpyArray } from '../../formats/npy.js';
import { sizeText } from '../errors.js';
import type { Size } from '../fit.js';
import { readImageStack } from '../image-shape.js';
import { checkCount, checkPixels, type StimulusLimits } from '../limits.js';
import { copyIntegers, copyUnitFloats, scaleNotes } from '../pixel-values.js';
import type { Stimuli } from '../stimuli.js';

export interface DecodedArray {
  readonly stimuli: Stimuli;
  /** Notes on changes, for each stimulus. */
  readonly notes: readonly string[][];
}

/**
 * Decodes stimuli from a .npy file of a shape that `readImageStack` accepts: uint8 (value/255), uint16
 * (value/65535), float16, float32 or float64 (0..1), or bool (0 or 1).
 * @param target the size that the model takes, if any; it decides if a shape has two meanings
 * @param first the number of its first stimulus in the request; errors name `stimuli[i][y][x]`
 * @throws InputError for other shapes and types, a cut-off file, or floats that are not in 0..1,
 *   PayloadTooLargeError beyond the limits (judged by the header alone)
 */
export function decodeNpyStimuli(
  bytes: Uint8Array,
  target: Size | undefined,
  limits: StimulusLimits,
  first: number,
): DecodedArray {
  const { count, ...size } = readImageStack(decodeNpyHeader(bytes).shape, target);
  checkCount(count, limits);
  checkPixels(size, limits);
  return toStimuli(decodeNpy(bytes), count, size, first);
}

/** Raw pixels without a header: `uint8` (value/255) or `float32` (0..1), little-endian. */
export const RAW_ELEMENTS = { uint8: 'u1', float32: 'f4' } as const;

/**
 * Decodes stimuli from raw bytes, row-major; their number follows from the length.
 * @param first as for `decodeNpyStimuli`
 * @throws InputError when the length is no multiple of one stimulus, or floats are not in 0..1,
 *   PayloadTooLargeError beyond the limits
 */
export function decodeRawStimuli(
  bytes: Uint8Array,
  dtype: keyof typeof RAW_ELEMENTS,
  size: Size,
  limits: StimulusLimits,
  first: number,
): DecodedArray {
  const element = RAW_ELEMENTS[dtype];
  const bytesEach = size.height * size.width * (element === 'u1' ? 1 : 4);
  const count = bytes.length / bytesEach;
  if (bytes.length === 0 || !Number.isInteger(count)) {
    throw new InputError(
      `${bytes.length} bytes are not a whole number of stimuli: ${sizeText(size)} in ${dtype} ` +
        `takes ${bytesEach} bytes each`,
    );
  }
  checkCount(count, limits);
  const shape = [count, size.height, size.width];
  const data = element === 'u1' ? bytes : new Float32Array(new Uint8Array(bytes).buffer);
  return toStimuli({ stored: element, shape, data }, count, size, first);
}

function toStimuli(array: NpyArray, count: number, size: Size, first: number): DecodedArray {
  const { height, width } = size;
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
        const from = i * height * width;
        const to = from + height * width;
        const rounded = copyUnitFloats(
          array.data.subarray(from, to),
          pixels.subarray(from, to),
          (at) => `stimuli[${first + i}][${Math.floor(at / width)}][${at % width}]`,
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
  return {
    stimuli: { count, height, width, channels: 1, pixels },
    notes: notes.map((own) => [...own, ...ofFile]),
  };
}
