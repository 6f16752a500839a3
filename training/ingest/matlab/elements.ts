import { InputError } from '../../../src/errors.js';
import {
  decodeElements,
  type ElementValues,
  STORED_BYTES,
  type StoredElement,
} from '../../../src/formats/npy-elements.js';
import { type Bytes, cutOff } from '../arrays/bytes.js';

/** Types of data elements that are no numbers; MATLAB names them miMATRIX and miCOMPRESSED. */
export const MATRIX = 14;
export const COMPRESSED = 15;

/** The number types of data elements. */
const NUMBERS: Readonly<Record<number, StoredElement>> = {
  1: 'i1',
  2: 'u1',
  3: 'i2',
  4: 'u2',
  5: 'i4',
  6: 'u4',
  7: 'f4',
  9: 'f8',
  12: 'i8',
  13: 'u8',
};

const TEXT_UNITS: Readonly<Record<number, StoredElement>> = { 16: 'u1', 17: 'u2', 18: 'u4' };
const UTF8 = 16;

/** A data element: where its bytes are. */
export interface Element {
  readonly type: number;
  readonly at: number;
  readonly length: number;
  /** Where the next element begins. */
  readonly next: number;
}

/** Reads the tag of the element at an offset. @param end of what may hold it */
export async function readElement(
  bytes: Bytes,
  at: number,
  end: number,
  bigEndian: boolean,
): Promise<Element> {
  if (at + 8 > end) throw cutOff();
  const tag = await bytes.read(at, 8);
  const first = bigEndian ? tag.readUInt32BE(0) : tag.readUInt32LE(0);
  const small = first >>> 16;
  if (small > 4) throw new InputError(`it is damaged: a small element has ${small} bytes`);
  if (small > 0) return { type: first & 0xffff, at: at + 4, length: small, next: at + 8 };
  const length = bigEndian ? tag.readUInt32BE(4) : tag.readUInt32LE(4);
  const start = at + 8;
  if (start + length > end) throw cutOff();
  const padding = first === COMPRESSED ? 0 : -length & 7;
  // The last element of some files is not padded.
  return { type: first, at: start, length, next: Math.min(end, start + length + padding) };
}

/**
 * Reads numbers of an element, in the type that they are stored in, which may be a smaller one than that of their array.
 * @param first the index of the first one
 */
export async function readNumbers(
  bytes: Bytes,
  element: Element,
  bigEndian: boolean,
  first = 0,
  count = numberCount(element),
): Promise<ElementValues> {
  const { stored, size } = numberType(element);
  if ((first + count) * size > element.length) throw cutOff();
  const own = await bytes.read(element.at + first * size, count * size);
  return decodeElements(new Uint8Array(own), stored, bigEndian);
}

/** How many numbers an element has. */
export function numberCount(element: Element): number {
  return element.length / numberType(element).size;
}

function numberType({ type, length }: Element): { stored: StoredElement; size: number } {
  const stored = NUMBERS[type] ?? TEXT_UNITS[type];
  if (stored === undefined)
    throw new InputError(`it is damaged: unknown type of numbers ${type}; expected one of MATLAB`);
  const size = STORED_BYTES[stored];
  if (length % size !== 0) {
    throw new InputError(`it is damaged: numbers of ${size} bytes have ${length} bytes`);
  }
  return { stored, size };
}

/** Reads characters, one for each number; text in UTF-8 is decoded before. */
export async function readCharacters(
  bytes: Bytes,
  element: Element,
  bigEndian: boolean,
): Promise<readonly string[]> {
  if (element.type === UTF8) {
    const text = (await bytes.read(element.at, element.length)).toString('utf8');
    return text.split('');
  }
  const units = await readNumbers(bytes, element, bigEndian);
  return Array.from(units, (unit) =>
    element.type === 18 ? String.fromCodePoint(unit) : String.fromCharCode(unit),
  );
}
