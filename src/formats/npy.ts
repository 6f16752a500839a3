import { InputError } from '../errors.js';
import {
  decodeElements,
  type ElementValues,
  isStoredElement,
  STORED_BYTES,
  type StoredElement,
} from './npy-elements.js';

/** The element types that arrays have here and are written as, by their .npy name without the byte order. */
const ELEMENTS = {
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  f4: Float32Array,
  f8: Float64Array,
} as const;

type NpyElement = keyof typeof ELEMENTS;
export type NpyData = ElementValues;

/** What the header of a .npy file says. `dataOffset` is in bytes from the start of the file. */
export interface NpyHeader {
  readonly stored: StoredElement;
  readonly bigEndian: boolean;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  readonly dataOffset: number;
}

/** A whole array in C order, whatever the order of the file. */
export interface NpyArray {
  /** What the file holds; `data` holds the same values. */
  readonly stored: StoredElement;
  readonly shape: readonly number[];
  readonly data: NpyData;
}

/** Enough bytes for every header that numpy writes for a plain array. */
export const NPY_HEADER_BYTES = 4096;

const MAGIC = '\x93NUMPY';
const MAX_ELEMENTS = 2 ** 40;
/** Of a call, at most: each takes room on the stack. */
const ARGUMENTS = 4096;

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Reads the header of a .npy file (format versions 1 to 3).
 * @param bytes the file, or at least its first `NPY_HEADER_BYTES`
 * @throws InputError when it is not .npy, or holds elements that are no real numbers or booleans
 */
export function decodeNpyHeader(bytes: Uint8Array): NpyHeader {
  const { descriptor, shape, fortranOrder, dataOffset } = parseHeader(bytes);
  const [, order, stored] = /^'([<>|=])([a-z]\d+)'$/.exec(descriptor) ?? [];
  if (stored === undefined || !isStoredElement(stored)) {
    throw new InputError(
      `the .npy elements have the type ${descriptor.slice(0, 40)}; expected bool, int8 to int64, uint8 to uint64, ` +
        'float16, float32 or float64',
    );
  }
  return { stored, bigEndian: order === '>', shape, fortranOrder, dataOffset };
}

/**
 * Reads a whole .npy file of texts: of the types `<U8`, `>U8` or `|S8`, with any number of characters.
 * @returns the texts, in the order of the file
 * @throws InputError when it is not .npy, holds no texts, or has fewer or more bytes than its shape needs
 */
export function decodeNpyTexts(bytes: Uint8Array): string[] {
  const { descriptor, shape, dataOffset } = parseHeader(bytes);
  const [, order, kind, length] = /^'([<>|=])([US])(\d+)'$/.exec(descriptor) ?? [];
  if (kind === undefined) {
    throw new InputError(
      `the .npy elements have the type ${descriptor.slice(0, 40)}; expected texts, such as <U8`,
    );
  }
  const size = Number(length) * (kind === 'U' ? 4 : 1);
  const count = elementCount(shape);
  if (bytes.length - dataOffset !== count * size) {
    throw new InputError(`the .npy file is cut off or too long; expected ${count} texts`);
  }
  const data = Buffer.from(bytes.buffer, bytes.byteOffset + dataOffset, count * size);
  const codeAt = (at: number) => {
    if (kind === 'S') return data[at]!;
    return order === '>' ? data.readUInt32BE(at) : data.readUInt32LE(at);
  };
  return Array.from({ length: count }, (_, text) => {
    const codes = Array.from({ length: Number(length) }, (_, i) =>
      codeAt(text * size + i * (kind === 'U' ? 4 : 1)),
    );
    if (codes.some((code) => code > 0x10ffff)) throw new InputError('a text of it is damaged');
    return String.fromCodePoint(...codes).replace(/\0+$/, '');
  });
}

/**
 * Reads from the header of a .npy file whether its elements are numbers that are read, or texts.
 * @returns neither: another type, as it is written
 */
export function npyContent(bytes: Uint8Array): {
  readonly is: 'numbers' | 'texts' | 'neither';
  readonly type: string;
} {
  const { descriptor: type } = parseHeader(bytes);
  const [, kind = ''] = /^'[<>|=](\w\d+)'$/.exec(type) ?? [];
  if (isStoredElement(kind)) return { is: 'numbers', type };
  return { is: /^[US]\d+$/.test(kind) ? 'texts' : 'neither', type };
}

/** Reads the header, with the type of the elements as it is written, in quotes. */
function parseHeader(bytes: Uint8Array) {
  if (bytes.length < 12 || latin1(bytes.subarray(0, 6)) !== MAGIC) {
    throw new InputError('not a .npy file: it does not begin with the bytes \\x93NUMPY');
  }
  const version = bytes[6]!;
  if (version < 1 || version > 3) {
    throw new InputError(`.npy format version ${version} is not known; save it with numpy.save`);
  }
  const textStart = version === 1 ? 10 : 12;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const textLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataOffset = textStart + textLength;
  if (dataOffset > bytes.length) {
    throw new InputError('the .npy header is cut off');
  }
  const text = latin1(bytes.subarray(textStart, dataOffset));
  const descriptor = /'descr'\s*:\s*('[^']*'|[^,]*),/.exec(text)?.[1]?.trim();
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shapeText = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  if (order === null || shapeText === null || descriptor === undefined) {
    throw new InputError('the .npy header cannot be read');
  }
  const shape = shapeText[1]!
    .split(',')
    .map((size) => size.replace('L', '').trim())
    .filter((size) => size !== '')
    .map(Number);
  if (!(elementCount(shape) <= MAX_ELEMENTS)) {
    throw new InputError(`a .npy array of shape (${shape.join(', ')}) is too large`);
  }
  return { descriptor, shape, fortranOrder: order[1] === 'True', dataOffset };
}

/**
 * Reads a whole .npy file into C order.
 * @throws InputError when it is not .npy, has fewer or more bytes than its shape needs, or holds a
 *   64-bit integer that float64 cannot hold
 */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  const header = decodeNpyHeader(bytes);
  const { stored, bigEndian, shape, fortranOrder, dataOffset } = header;
  const needed = elementCount(shape) * STORED_BYTES[stored];
  const present = bytes.byteLength - dataOffset;
  if (present !== needed) {
    throw new InputError(
      `the .npy file is ${present < needed ? 'cut off' : 'too long'}: shape (${shape.join(', ')}) ` +
        `needs ${needed} bytes of data, ${present} are there`,
    );
  }
  // a copy, so that the elements are aligned whatever the header's length
  const data = decodeElements(new Uint8Array(bytes.subarray(dataOffset)), stored, bigEndian);
  return { stored, shape, data: fortranOrder ? toRowMajor(data, shape) : data };
}

/** Writes an array in C order as .npy (format version 1.0, little-endian). */
export function encodeNpy(data: NpyData, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  if (elementCount(shape) !== data.length) {
    throw new Error(`shape (${shape.join(', ')}) does not hold ${data.length} elements`);
  }
  const header = encodeNpyHeader(data, shape);
  const file = new Uint8Array(header.length + data.byteLength);
  file.set(header);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return file;
}

/**
 * Encodes the header of a .npy file, for an array that is written in parts.
 * @param sample an array, maybe an empty one, of the type of the elements
 */
export function encodeNpyHeader(sample: NpyData, shape: readonly number[]): Uint8Array {
  const text = npyHeaderText(readElement(sample), shape);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function npyHeaderText(element: NpyElement, shape: readonly number[]): string {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const order = ELEMENTS[element].BYTES_PER_ELEMENT === 1 ? '|' : '<';
  const text = `{'descr': '${order}${element}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // the data begins on a multiple of 64 bytes, as numpy does it
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const size = String.fromCharCode(length & 0xff, length >> 8);
  return `${MAGIC}\x01\x00${size}${text.padEnd(length - 1)}\n`;
}

/** One character for each byte. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let from = 0; from < bytes.length; from += ARGUMENTS) {
    const part = bytes.subarray(from, from + ARGUMENTS);
    text += Reflect.apply(String.fromCharCode, undefined, part);
  }
  return text;
}

function readElement(data: NpyData): NpyElement {
  const found = Object.entries(ELEMENTS).find(([, kind]) => data instanceof kind);
  return found![0] as NpyElement;
}

/** Column-major (first index fastest) to row-major (last index fastest). */
function toRowMajor(data: NpyData, shape: readonly number[]): NpyData {
  const result = data.slice();
  const index = new Array<number>(shape.length).fill(0);
  for (let from = 0; from < data.length; from++) {
    let to = 0;
    for (let axis = 0; axis < shape.length; axis++) to = to * shape[axis]! + index[axis]!;
    result[to] = data[from]!;
    for (let axis = 0; axis < shape.length; axis++) {
      index[axis] = index[axis]! + 1;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return result;
}
