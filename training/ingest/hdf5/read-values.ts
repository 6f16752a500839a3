import { Dataset, type File, Module, Reference } from 'h5wasm/node';
import { InputError } from '../../../src/errors.js';
import {
  decodeElements,
  type ElementValues,
  type StoredElement,
} from '../../../src/formats/npy-elements.js';
import { pathOf } from './read-nodes.js';

/** A part of an array: where it begins and how long it is, in each dimension. */
export interface Slab {
  readonly start: readonly number[];
  readonly count: readonly number[];
}

/** Bytes that one read may take; a reader asks for blocks. */
const MAX_BYTES = 2 ** 30;

/**
 * Reads numbers as they are stored, exactly: the library's own values would lack float16.
 * @throws InputError for a 64-bit integer beyond 2^53
 */
export function readNumbers(
  file: File,
  path: string,
  element: StoredElement,
  slab: Slab,
): ElementValues {
  const { size } = datasetAt(file, path).metadata;
  const bytes = size * slab.count.reduce((product, length) => product * length, 1);
  if (bytes > MAX_BYTES) throw new Error(`${bytes} bytes of ${path} are read at a time`);
  if (bytes === 0) return decodeElements(new Uint8Array(0), element, false);
  const pointer = Module._malloc(bytes);
  if (pointer === 0) throw new Error(`no memory for ${bytes} bytes of ${path}`);
  try {
    const all = slab.count.length === 0;
    const count = all ? null : slab.count.map(BigInt);
    const start = all ? null : slab.start.map(BigInt);
    const steps = all ? null : slab.count.map(() => 1n);
    Module.get_dataset_data(file.file_id, path, count, start, steps, BigInt(pointer));
    const copy = Module.HEAPU8.slice(pointer, pointer + bytes) as Uint8Array<ArrayBuffer>;
    // the library has put big-endian numbers in the order of this machine
    return decodeElements(copy, element, false);
  } finally {
    Module._free(pointer);
  }
}

/** Reads all strings of a dataset, row-major. */
export function readStrings(file: File, path: string): string[] {
  return valuesAt(file, path).map(String);
}

/**
 * Reads all object references of a dataset: the paths of the objects, row-major; null for none.
 * @param paths of the objects, by their addresses
 */
export function readReferences(
  file: File,
  path: string,
  paths: ReadonlyMap<string, string>,
): (string | null)[] {
  return valuesAt(file, path).map((value) =>
    value instanceof Reference ? pathOf(value, file, paths) : null,
  );
}

function valuesAt(file: File, path: string): unknown[] {
  const { value } = datasetAt(file, path);
  if (value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function datasetAt(file: File, path: string): Dataset {
  const found = file.get(path);
  if (found instanceof Dataset) return found;
  throw new InputError(`there is no dataset ${path}; expected one`);
}
