import path from 'node:path';
import { InputError } from '../../../src/errors.js';
import type { StoredElement } from '../../../src/formats/npy-elements.js';
import { linesOf, type MatValue } from '../matlab/values.js';
import { holdsNumbers, readNumbers, textAttribute } from './find.js';
import { readFlat } from './flat.js';
import type { Hdf5Dataset, Hdf5Node } from './nodes.js';
import type { Hdf5File } from './open-hdf5.js';

/** Where MATLAB keeps the contents of cells, and its objects. */
const HIDDEN = new Set(['/#refs#', '/#subsystem#']);
const MAX_DEPTH = 32;

/** Whether the file was written by MATLAB, or in its way: each variable has its class. */
export function isMatlab73(file: Hdf5File): boolean {
  return file
    .children('/')
    .some((name) => textAttribute(file.find(name), 'MATLAB_class') !== undefined);
}

/** The variables of a .mat file of version 7.3, whose arrays have their axes in the opposite order in HDF5. */
export async function readMatlabVariables(file: Hdf5File): Promise<Map<string, MatValue>> {
  const variables = new Map<string, MatValue>();
  for (const name of file.children('/')) {
    if (HIDDEN.has(name)) continue;
    variables.set(path.posix.basename(name), await readValue(file, file.find(name), 0));
  }
  return variables;
}

async function readValue(
  file: Hdf5File,
  node: Hdf5Node | undefined,
  depth: number,
): Promise<MatValue> {
  const unread = (what: string): MatValue => ({ kind: 'unread', shape: [0, 0], what });
  if (depth > MAX_DEPTH) throw new InputError(`arrays are nested more than ${MAX_DEPTH} deep`);
  if (node === undefined || node.kind === 'link') return unread('empty');
  if (node.kind === 'external-link')
    return unread(`in another file, ${node.file}, and is not read`);
  if ('MATLAB_sparse' in node.attributes) {
    return unread('sparse, and is not read: save full() of it');
  }
  if ('MATLAB_object_decode' in node.attributes) {
    return unread('an object of MATLAB, and is not read: save its numbers');
  }
  if (node.kind === 'group') return await readStruct(file, node.path, depth);
  if ('MATLAB_empty' in node.attributes) return unread('empty');
  const shape = node.shape.toReversed();
  if (node.element === 'reference') {
    return { kind: 'cell', shape, items: await readItems(file, node, depth) };
  }
  if (!holdsNumbers(node))
    return unread('complex, or of another kind, and is not read: save its numbers');
  if (textAttribute(node, 'MATLAB_class') === 'char') {
    const codes = await readNumbers(file, node);
    const lines = linesOf(
      Array.from(codes, (code) => String.fromCharCode(code)),
      shape,
    );
    return { kind: 'text', shape, lines };
  }
  return numbersOf(file, node, shape);
}

function numbersOf(file: Hdf5File, node: Hdf5Dataset, shape: readonly number[]): MatValue {
  const isLogical = textAttribute(node, 'MATLAB_class') === 'logical';
  return {
    kind: 'numbers',
    shape,
    element: isLogical ? 'b1' : (node.element as StoredElement),
    async read(first, count) {
      const values = await readFlat(file, node, first, count);
      return isLogical ? Float32Array.from(values) : values;
    },
  };
}

/** A struct is a group of its fields; of several structs each field is a list of references. */
async function readStruct(file: Hdf5File, group: string, depth: number): Promise<MatValue> {
  const fields = new Map<string, readonly MatValue[]>();
  for (const name of file.children(group)) {
    const node = file.find(name);
    const isList =
      node?.kind === 'dataset' &&
      node.element === 'reference' &&
      textAttribute(node, 'MATLAB_class') === undefined;
    const values = isList
      ? await readItems(file, node, depth)
      : [await readValue(file, node, depth + 1)];
    fields.set(path.posix.basename(name), values);
  }
  return { kind: 'struct', shape: [1, 1], fields };
}

async function readItems(file: Hdf5File, node: Hdf5Dataset, depth: number): Promise<MatValue[]> {
  const items: MatValue[] = [];
  for (const target of await file.references(node)) {
    const item = target === null ? undefined : file.find(target);
    items.push(await readValue(file, item, depth + 1));
  }
  return items;
}
