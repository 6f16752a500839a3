import { InputError } from '../errors.js';
import { fromHalf } from './half.js';

/** Bytes of each element type that is read, by its .npy name without the byte order. */
export const STORED_BYTES = {
  b1: 1,
  u1: 1,
  i1: 1,
  u2: 2,
  i2: 2,
  u4: 4,
  i4: 4,
  u8: 8,
  i8: 8,
  f2: 2,
  f4: 4,
  f8: 8,
} as const;

export type StoredElement = keyof typeof STORED_BYTES;

/** Exactly the values of any stored element type. */
export type ElementValues =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

export function isStoredElement(name: string): name is StoredElement {
  return Object.hasOwn(STORED_BYTES, name);
}

/**
 * Elements as numbers of the same values: booleans as float32 0 and 1, float16 as float32, 64-bit
 * integers as float64, all others as the typed array of their own type.
 * @param bytes whole elements, aligned to their size; big-endian ones are swapped in place
 * @throws InputError naming the first 64-bit integer beyond 2^53, which float64 may not hold
 */
export function decodeElements(
  bytes: Uint8Array<ArrayBuffer>,
  stored: StoredElement,
  bigEndian: boolean,
): ElementValues {
  const size = STORED_BYTES[stored];
  if (bigEndian && size !== 1) swapBytes(bytes, size);
  return READERS[stored](bytes.buffer, bytes.byteOffset, bytes.byteLength / size);
}

type Reader = (buffer: ArrayBuffer, offset: number, length: number) => ElementValues;

const READERS: Readonly<Record<StoredElement, Reader>> = {
  b1: (...view) => Float32Array.from(new Uint8Array(...view), (byte) => (byte === 0 ? 0 : 1)),
  u1: (...view) => new Uint8Array(...view),
  i1: (...view) => new Int8Array(...view),
  u2: (...view) => new Uint16Array(...view),
  i2: (...view) => new Int16Array(...view),
  u4: (...view) => new Uint32Array(...view),
  i4: (...view) => new Int32Array(...view),
  u8: (buffer, offset, length) => wideIntegers(buffer, offset, length, Uint32Array),
  i8: (buffer, offset, length) => wideIntegers(buffer, offset, length, Int32Array),
  f2: (...view) => fromHalf(new Uint16Array(...view)),
  f4: (...view) => new Float32Array(...view),
  f8: (...view) => new Float64Array(...view),
};

/** @param High how the upper halves are read: with their sign, or without */
function wideIntegers(
  buffer: ArrayBuffer,
  offset: number,
  length: number,
  High: typeof Uint32Array | typeof Int32Array,
): Float64Array {
  const lower = new Uint32Array(buffer, offset, 2 * length);
  const upper = new High(buffer, offset, 2 * length);
  return Float64Array.from({ length }, (_, i) => {
    const value = upper[2 * i + 1]! * 2 ** 32 + lower[2 * i]!;
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
    const exact = (BigInt(upper[2 * i + 1]!) << 32n) + BigInt(lower[2 * i]!);
    throw new InputError(
      `element ${i} of the array is ${exact}; expected 64-bit integers of at most 2^53 - 1`,
    );
  });
}

function swapBytes(bytes: Uint8Array, size: 2 | 4 | 8): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else buffer.swap64();
}
