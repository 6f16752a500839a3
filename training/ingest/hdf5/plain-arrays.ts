import { elementCount } from '../../../src/formats/npy.js';
import type { StoredElement } from '../../../src/formats/npy-elements.js';
import type { ArrayFile } from '../arrays/find-sources.js';
import type { NamedArray, NamedTexts } from '../arrays/named-array.js';
import { holdsNumbers } from './find.js';
import { readFlat } from './flat.js';
import type { Hdf5Dataset } from './nodes.js';
import type { Hdf5File } from './open-hdf5.js';

/** All arrays of a file of HDF5, by their paths. */
export async function readPlainArrays(file: Hdf5File): Promise<ArrayFile> {
  const arrays: NamedArray[] = [];
  const texts: NamedTexts[] = [];
  const notes: string[] = [];
  for (const node of file.nodes.values()) {
    if (node.kind === 'external-link') {
      notes.push(`Not used: ${node.path} is in another file: ${node.file}.`);
    }
    if (node.kind !== 'dataset') continue;
    if (node.problem !== undefined) notes.push(`Not used: ${node.problem}.`);
    else if (holdsNumbers(node)) arrays.push(arrayOf(file, node));
    else if (node.element === 'string' && node.shape.length === 1) {
      texts.push({ name: node.path, values: await file.strings(node) });
    } else if (node.element === 'other' && elementCount(node.shape) > 1) {
      notes.push(
        `Not used: ${node.path} has complex numbers, or elements of several fields; expected plain numbers.`,
      );
    }
  }
  return {
    ...{ format: 'HDF5 file', arrays, texts, notes },
    usual: { imageAxis: 'first', firstIndex: 0 },
    close: () => file.close(),
  };
}

function arrayOf(file: Hdf5File, dataset: Hdf5Dataset): NamedArray {
  return {
    name: dataset.path,
    shape: dataset.shape,
    element: dataset.element as StoredElement,
    fastest: 'last',
    together: dataset.chunks?.[0],
    read: (first, count) => readFlat(file, dataset, first, count),
  };
}
