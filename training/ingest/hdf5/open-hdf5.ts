import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineLostError, InputError } from '../../../src/errors.js';
import type { ElementValues, StoredElement } from '../../../src/formats/npy-elements.js';
import { startProcess } from '../../../src/workers/child-process.js';
import type { Hdf5Functions } from './hdf5-worker.js';
import type { Hdf5Dataset, Hdf5Node } from './nodes.js';
import type { Slab } from './read-values.js';
import { findSuperblock, rejectTruncated } from './signature.js';

/** An HDF5 file that is open in a process of its own. */
export interface Hdf5File {
  /** All objects by their paths; links under their own names. */
  readonly nodes: ReadonlyMap<string, Hdf5Node>;
  /** The object that a path leads to, through links; undefined where there is none. */
  find(path: string): Hdf5Node | undefined;
  /** Paths of what is directly in a group, links included, in the order of the file. */
  children(group: string): readonly string[];
  /**
   * Reads a part of an array of numbers, row-major, each as it is stored.
   * @param slab undefined: all of it
   * @throws InputError where the dataset cannot be read, with what to do
   * @example
   * await file.numbers(dataset, { start: [100, 0], count: [10, 50] }); // rows 100 to 109
   */
  numbers(dataset: Hdf5Dataset, slab?: Slab): Promise<ElementValues>;
  /** Reads all strings of a dataset, row-major. */
  strings(dataset: Hdf5Dataset): Promise<string[]>;
  /** Reads all references of a dataset, row-major: paths of the objects, null for none. */
  references(dataset: Hdf5Dataset): Promise<(string | null)[]>;
  /** Ends the process. */
  close(): Promise<void>;
}

/** Links that are followed one after the other. */
const MAX_LINKS = 16;
const NAME = 'process that reads HDF5';

/**
 * Opens an HDF5 file.
 * @param entry the compiled module that the process runs
 * @throws InputError where it is none, is truncated or damaged
 */
export async function openHdf5(place: string, entry = defaultEntry()): Promise<Hdf5File> {
  const superblock = await findSuperblock(place);
  if (!superblock) throw new InputError(`${place} is not an HDF5 file; expected one`);
  await rejectTruncated(place, superblock);
  const process = startProcess<Hdf5Functions>({ entry, name: NAME });
  const close = async () => {
    process.kill();
    await process.ended;
  };
  const call = async <Result>(result: Promise<Result>): Promise<Result> => {
    try {
      return await result;
    } catch (error) {
      if (!(error instanceof EngineLostError)) throw error;
      throw new InputError(
        `${place} cannot be read: ${error.message}; expected an undamaged HDF5 file, and enough memory`,
        [],
        { cause: error },
      );
    }
  };
  let list: Hdf5Node[];
  try {
    list = await call(process.remote.open(path.resolve(place)));
  } catch (error) {
    await close();
    throw error;
  }
  const nodes = new Map(list.map((node) => [node.path, node]));
  const inGroups = groupByParent(list);
  const find = (from: string) => resolve(nodes, from);
  return {
    nodes,
    find,
    children: (group) => inGroups.get(group) ?? [],
    numbers: async (dataset, slab = wholeOf(dataset)) => {
      const element = readable(dataset).element as StoredElement;
      return await call(process.remote.numbers(dataset.path, element, slab));
    },
    strings: async (dataset) => await call(process.remote.strings(readable(dataset).path)),
    references: async (dataset) => await call(process.remote.references(readable(dataset).path)),
    close,
  };
}

function readable(dataset: Hdf5Dataset): Hdf5Dataset {
  if (dataset.problem === undefined) return dataset;
  throw new InputError(dataset.problem);
}

function wholeOf({ shape }: Hdf5Dataset): Slab {
  return { start: shape.map(() => 0), count: shape };
}

function groupByParent(nodes: readonly Hdf5Node[]): Map<string, string[]> {
  const children = new Map<string, string[]>();
  for (const { path: own } of nodes) {
    if (own === '/') continue;
    const parent = path.posix.dirname(own);
    const known = children.get(parent);
    if (known) known.push(own);
    else children.set(parent, [own]);
  }
  return children;
}

/** Follows links in any part of a path. */
function resolve(nodes: ReadonlyMap<string, Hdf5Node>, from: string): Hdf5Node | undefined {
  let own = path.posix.normalize(from);
  for (let followed = 0; followed <= MAX_LINKS; followed++) {
    const node = nodes.get(own);
    if (node && node.kind !== 'link') return node;
    const link = linkOn(nodes, own);
    if (!link) return undefined;
    own = path.posix.normalize(link.target + own.slice(link.path.length));
  }
  return undefined;
}

/** The first part of a path that is a link. */
function linkOn(nodes: ReadonlyMap<string, Hdf5Node>, own: string) {
  for (let end = own.indexOf('/', 1); ; end = own.indexOf('/', end + 1)) {
    const node = nodes.get(end === -1 ? own : own.slice(0, end));
    if (node?.kind === 'link') return node;
    if (end === -1) return undefined;
  }
}

function defaultEntry(): string {
  return fileURLToPath(new URL('./hdf5-worker.js', import.meta.url));
}
