import { InputError } from '../../../src/errors.js';
import {
  decodeNpyHeader,
  decodeNpyTexts,
  elementCount,
  NPY_HEADER_BYTES,
  npyContent,
} from '../../../src/formats/npy.js';
import { decodeElements, STORED_BYTES } from '../../../src/formats/npy-elements.js';
import type { Bytes } from './bytes.js';
import type { NamedArray, NamedTexts } from './named-array.js';

/**
 * Opens an array in .npy form, whose elements are read when they are needed.
 * @throws InputError when it is not .npy, holds no numbers, or has fewer or more bytes than its shape needs
 */
export async function openNpyArray(name: string, bytes: Bytes): Promise<NamedArray> {
  const head = await bytes.read(0, Math.min(bytes.length, NPY_HEADER_BYTES));
  const { stored, bigEndian, shape, fortranOrder, dataOffset } = decodeNpyHeader(head);
  const size = STORED_BYTES[stored];
  const needed = elementCount(shape) * size;
  if (bytes.length - dataOffset !== needed) {
    throw new InputError(
      `${name} is cut off or too long: its shape (${shape.join(', ')}) needs ${needed} bytes; ` +
        `expected them, ${bytes.length - dataOffset} are there`,
    );
  }
  return {
    ...{ name, shape, element: stored, fastest: fortranOrder ? 'first' : 'last' },
    async read(first, count) {
      const own = await bytes.read(dataOffset + first * size, count * size);
      return decodeElements(new Uint8Array(own), stored, bigEndian);
    },
  };
}

/** What a .npy file holds: numbers, texts, or elements that are not read, and why. */
export type NpyFound =
  | { readonly array: NamedArray }
  | { readonly texts: NamedTexts }
  | { readonly note: string };

/** Opens what a .npy file holds. @throws InputError when it is not .npy, or cut off */
export async function openNpy(name: string, bytes: Bytes): Promise<NpyFound> {
  const head = await bytes.read(0, Math.min(bytes.length, NPY_HEADER_BYTES));
  const { is, type } = npyContent(head);
  if (is === 'numbers') return { array: await openNpyArray(name, bytes) };
  if (is === 'texts') return { texts: { name, values: await readNpyTexts(bytes) } };
  return { note: `${name} has the type ${type}, and is not read.` };
}

/** Reads texts in .npy form. @throws InputError when it holds none */
export async function readNpyTexts(bytes: Bytes): Promise<string[]> {
  return decodeNpyTexts(await bytes.read(0, bytes.length));
}
