import { InputError } from '../../../src/errors.js';
import type { ElementValues } from '../../../src/formats/npy-elements.js';
import type { Hdf5Dataset, Hdf5Group, Hdf5Node } from './nodes.js';
import type { Hdf5File } from './open-hdf5.js';

/** The dataset that a path leads to; undefined where there is none. */
export function findDataset(file: Hdf5File, path: string): Hdf5Dataset | undefined {
  const node = file.find(path);
  return node?.kind === 'dataset' ? node : undefined;
}

/** All groups at a path and below it, under their own names. */
export function groupsBelow(file: Hdf5File, path: string): Hdf5Group[] {
  return [...file.nodes.values()].filter((node): node is Hdf5Group => {
    return node.kind === 'group' && (node.path === path || node.path.startsWith(`${path}/`));
  });
}

export function textAttribute(node: Hdf5Node | undefined, name: string): string | undefined {
  const value = attribute(node, name);
  return typeof value === 'string' ? value : undefined;
}

/** A number, also where it is the only one of a list. */
export function numberAttribute(node: Hdf5Node | undefined, name: string): number | undefined {
  const value = attribute(node, name);
  const first = typeof value === 'object' && value.length === 1 ? value[0] : value;
  return typeof first === 'number' ? first : undefined;
}

/** A list of names, also where there is one alone. */
export function namesAttribute(node: Hdf5Node | undefined, name: string): readonly string[] {
  const value = attribute(node, name);
  return [value ?? []].flat().filter((each) => typeof each === 'string');
}

function attribute(node: Hdf5Node | undefined, name: string) {
  return node && 'attributes' in node ? node.attributes[name] : undefined;
}

/** @throws InputError where the dataset does not hold numbers */
export async function readNumbers(file: Hdf5File, dataset: Hdf5Dataset): Promise<ElementValues> {
  if (holdsNumbers(dataset)) return await file.numbers(dataset);
  throw new InputError(`${dataset.path} does not hold numbers; expected numbers`);
}

export function holdsNumbers({ element }: Hdf5Dataset): boolean {
  return element !== 'string' && element !== 'reference' && element !== 'other';
}
