import { InputError } from '../../src/errors.js';

/** A tensor of a checkpoint. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /**
   * Reads its numbers, row-major.
   * @throws InputError when they are not floating-point numbers, or are not all there and finite
   */
  readonly numbers: () => Float32Array;
}

/** The state of one network: its tensors by their names in PyTorch. */
export type StateDict = ReadonlyMap<string, StoredTensor>;

/** Where the numbers of a tensor lie in its storage, all counted in elements. */
export interface Layout {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** A floating-point type: bytes of an element, and how it is read (little-endian). */
export interface FloatType {
  readonly bytes: number;
  readonly read: (view: DataView, byte: number) => number;
}

export const FLOAT_TYPES = {
  float64: { bytes: 8, read: (view, byte) => view.getFloat64(byte, true) },
  float32: { bytes: 4, read: (view, byte) => view.getFloat32(byte, true) },
  float16: { bytes: 2, read: (view, byte) => halfPrecision(view.getUint16(byte, true)) },
  bfloat16: { bytes: 2, read: (view, byte) => brainFloat(view.getUint16(byte, true)) },
} as const satisfies Readonly<Record<string, FloatType>>;

/** Bounds what a tensor without strides, whose numbers are all the same one, can claim. */
const MAX_ELEMENTS = 2 ** 26;

/** Strides of a tensor whose numbers lie one after the other, row-major. */
export function contiguous(shape: readonly number[]): Layout {
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)));
  return { offset: 0, shape, strides };
}

/**
 * Reads a tensor from the bytes of its storage.
 * @throws InputError when it reaches past the storage's end, or holds a number that is not finite
 */
export function readTensor(bytes: Uint8Array, type: FloatType, layout: Layout): Float32Array {
  const { offset, shape, strides } = layout;
  const count = elements(shape);
  if (count === 0) return new Float32Array();
  if (count > MAX_ELEMENTS)
    throw new InputError(`has ${count} numbers; at most ${MAX_ELEMENTS} are read`);
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, offset);
  const stored = Math.floor(bytes.length / type.bytes);
  if (!(last < stored)) {
    throw new InputError(`reaches to element ${last} of a storage that has ${stored}`);
  }
  const numbers = new Float32Array(count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const index = new Array<number>(shape.length).fill(0);
  let element = offset;
  for (let i = 0; i < numbers.length; i++) {
    numbers[i] = type.read(view, element * type.bytes);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      element += strides[axis]!;
      index[axis] = index[axis]! + 1;
      if (index[axis]! < shape[axis]!) break;
      element -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  const bad = numbers.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new InputError(`holds ${numbers[bad]} among its numbers`);
  return numbers;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
function halfPrecision(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of a float32. */
function brainFloat(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
}
