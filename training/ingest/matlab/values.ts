import { InputError } from '../../../src/errors.js';
import { elementCount } from '../../../src/formats/npy.js';
import type { ElementValues, StoredElement } from '../../../src/formats/npy-elements.js';
import { type Bytes, cutOff } from '../arrays/bytes.js';
import {
  type Element,
  MATRIX,
  numberCount,
  readCharacters,
  readElement,
  readNumbers,
} from './elements.js';

/** A value of a .mat file; arrays are column-major. */
export type MatValue = { readonly shape: readonly number[] } & (
  | {
      readonly kind: 'numbers';
      readonly element: StoredElement;
      /** @returns elements, column-major, in the type of the array */
      read(first: number, count: number): Promise<ElementValues>;
    }
  /** @param lines the rows, without the spaces at their ends */
  | { readonly kind: 'text'; readonly lines: readonly string[] }
  | { readonly kind: 'cell'; readonly items: readonly MatValue[] }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, readonly MatValue[]> }
  /** @param what such as `complex` */
  | { readonly kind: 'unread'; readonly what: string }
);

/** What the header of an array says. */
export interface MatHeader {
  readonly name: string;
  readonly type: number;
  readonly isLogical: boolean;
  readonly isComplex: boolean;
  readonly shape: readonly number[];
  /** Where its content begins. */
  readonly at: number;
}

export const NUMERIC: Readonly<Record<number, StoredElement>> = {
  6: 'f8',
  7: 'f4',
  8: 'i1',
  9: 'u1',
  10: 'i2',
  11: 'u2',
  12: 'i4',
  13: 'u4',
  14: 'i8',
  15: 'u8',
};
const [CELL, STRUCT, OBJECT, TEXT, OPAQUE] = [1, 2, 3, 4, 17];
const UNREAD: Readonly<Record<number, string>> = {
  5: 'sparse, and is not read: save full() of it',
  16: 'a function, and is not read',
  17: 'an object of MATLAB, and is not read: save its numbers',
};
const MAX_DEPTH = 32;
const MAX_AXES = 32;

const ARRAYS: Readonly<Record<StoredElement, new (values: ElementValues) => ElementValues>> = {
  ...{ b1: Float32Array, u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array },
  ...{ u4: Uint32Array, i4: Int32Array, u8: Float64Array, i8: Float64Array },
  ...{ f2: Float32Array, f4: Float32Array, f8: Float64Array },
};

/** Reads the header of the array whose content begins at an offset. */
export async function readHeader(
  bytes: Bytes,
  start: number,
  end: number,
  bigEndian: boolean,
): Promise<MatHeader> {
  const flags = await readElement(bytes, start, end, bigEndian);
  const [word = 0] = await readNumbers(bytes, flags, bigEndian);
  const type = word & 0xff;
  const base = { type, isLogical: (word & 0x200) !== 0, isComplex: (word & 0x800) !== 0 };
  // An object has its name where other arrays have their shape.
  if (type === OPAQUE) {
    const name = await readName(bytes, flags.next, end, bigEndian);
    return { ...base, name: name.text, shape: [1, 1], at: name.next };
  }
  const sizes = await readElement(bytes, flags.next, end, bigEndian);
  const shape = [...(await readNumbers(bytes, sizes, bigEndian))];
  if (shape.length < 2 || shape.length > MAX_AXES || shape.some((size) => size < 0)) {
    throw new InputError(`it is damaged: an array has the shape (${shape.join(', ')})`);
  }
  const name = await readName(bytes, sizes.next, end, bigEndian);
  return { ...base, name: name.text, shape, at: name.next };
}

async function readName(bytes: Bytes, at: number, end: number, bigEndian: boolean) {
  const named = await readElement(bytes, at, end, bigEndian);
  const text = (await bytes.read(named.at, named.length)).toString('latin1');
  return { text: text.replace(/\0.*$/s, ''), next: named.next };
}

/** Reads the array within [start, end); of numbers only where they are. */
export async function readValue(
  bytes: Bytes,
  start: number,
  end: number,
  bigEndian: boolean,
  depth = 0,
): Promise<MatValue> {
  // A place of a cell that was never set has no content.
  if (start === end) return { kind: 'unread', shape: [0, 0], what: 'empty' };
  if (depth > MAX_DEPTH) throw new InputError(`arrays are nested more than ${MAX_DEPTH} deep`);
  const header = await readHeader(bytes, start, end, bigEndian);
  const { type, shape, at } = header;
  const own = { shape };
  if (header.isComplex) {
    return { kind: 'unread', ...own, what: 'complex, and is not read: save real() of it' };
  }
  const count = elementCount(shape);
  if (type === CELL) {
    const { values } = await readArrays({ bytes, at, end, bigEndian, depth }, count);
    return { kind: 'cell', ...own, items: values };
  }
  if (type === STRUCT || type === OBJECT) {
    const first = type === OBJECT ? (await readElement(bytes, at, end, bigEndian)).next : at;
    const fields = await readFields({ bytes, at: first, end, bigEndian, depth }, count);
    return { kind: 'struct', ...own, fields };
  }
  const element = NUMERIC[type];
  if (type !== TEXT && element === undefined) {
    const what = UNREAD[type];
    if (what !== undefined) return { kind: 'unread', ...own, what };
    throw new InputError(`it is damaged: unknown class of array ${type}; expected one of MATLAB`);
  }
  const data = await readElement(bytes, at, end, bigEndian);
  if (type === TEXT) {
    const characters = await readCharacters(bytes, data, bigEndian);
    return { kind: 'text', ...own, lines: linesOf(characters, shape) };
  }
  return numbers(bytes, data, bigEndian, header);
}

function numbers(bytes: Bytes, data: Element, bigEndian: boolean, header: MatHeader): MatValue {
  const { type, shape, isLogical } = header;
  const count = elementCount(shape);
  if (numberCount(data) !== count) {
    throw new InputError(
      `it is damaged: an array of shape (${shape.join(', ')}) has ${numberCount(data)} numbers; expected ${count}`,
    );
  }
  const element = isLogical ? 'b1' : NUMERIC[type]!;
  const Values = ARRAYS[element];
  return {
    kind: 'numbers',
    shape,
    element,
    async read(first, length) {
      const stored = await readNumbers(bytes, data, bigEndian, first, length);
      return stored instanceof Values ? stored : new Values(stored);
    },
  };
}

interface Place {
  readonly bytes: Bytes;
  readonly at: number;
  readonly end: number;
  readonly bigEndian: boolean;
  readonly depth: number;
}

/** Reads arrays one after the other. */
async function readArrays({ bytes, at, end, bigEndian, depth }: Place, count: number) {
  const values: MatValue[] = [];
  let next = at;
  while (values.length < count) {
    const element = await readElement(bytes, next, end, bigEndian);
    if (element.type !== MATRIX) throw cutOff();
    const stop = element.at + element.length;
    values.push(await readValue(bytes, element.at, stop, bigEndian, depth + 1));
    next = element.next;
  }
  return { values };
}

/** Reads the fields of structs: all fields of the first struct, then those of the second. */
async function readFields(place: Place, count: number): Promise<Map<string, MatValue[]>> {
  const { bytes, end, bigEndian } = place;
  const lengthOf = await readElement(bytes, place.at, end, bigEndian);
  const [nameLength = 0] = await readNumbers(bytes, lengthOf, bigEndian);
  const named = await readElement(bytes, lengthOf.next, end, bigEndian);
  if (!(nameLength > 0) && named.length > 0) throw cutOff();
  const text = (await bytes.read(named.at, named.length)).toString('latin1');
  const names = Array.from({ length: named.length === 0 ? 0 : text.length / nameLength }, (_, i) =>
    text.slice(i * nameLength, (i + 1) * nameLength).replace(/\0.*$/s, ''),
  );
  const { values } = await readArrays({ ...place, at: named.next }, count * names.length);
  return new Map(
    names.map((name, field) => [name, values.filter((_, i) => i % names.length === field)]),
  );
}

/** The rows of characters, which are column-major. */
export function linesOf(characters: readonly string[], shape: readonly number[]): string[] {
  if (characters.length === 0) return [];
  const [rows = 0] = shape;
  // In one row, characters beyond 16 bits may count as one or as two.
  if (rows !== 1 && characters.length !== elementCount(shape)) throw cutOff();
  const columns = characters.length / rows;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => characters[column * rows + row])
      .join('')
      .trimEnd(),
  );
}
