import { File, FS, ready } from 'h5wasm/node';
import { InputError, messageOf } from '../../../src/errors.js';
import type { ElementValues, StoredElement } from '../../../src/formats/npy-elements.js';
import { connectToService } from '../../../src/workers/connect-to-service.js';
import { inOrder } from '../../../src/workers/in-order.js';
import type { Hdf5Node } from './nodes.js';
import { readNodes } from './read-nodes.js';
import { readNumbers, readReferences, readStrings, type Slab } from './read-values.js';

// The process that reads an HDF5 file: the library may crash on a damaged one.

/** What the owner of the process may call; first `open`. */
export interface Hdf5Functions {
  /** @returns all objects of the file */
  open(place: string): Promise<Hdf5Node[]>;
  numbers(path: string, element: StoredElement, slab: Slab): Promise<ElementValues>;
  strings(path: string): Promise<string[]>;
  references(path: string): Promise<(string | null)[]>;
}

/** Flag of `open` for a file that is made: the library makes some for its messages. */
const CREATE = 0o100;
/** What the emulated system answers where there is no such file. */
const NO_SUCH_FILE = 44;

interface EmulatedFiles {
  open(path: string, flags: number | string, ...rest: unknown[]): unknown;
  readonly ErrnoError: new (code: number) => Error;
}

let file: File | undefined;
/** Of the objects of the file, by their addresses. */
let paths: ReadonlyMap<string, string> = new Map();
/** A file that the recording refers to and that was not opened. */
let refused: string | undefined;

const functions: Hdf5Functions = {
  async open(place) {
    const library = await ready;
    (
      library as unknown as { activate_throwing_error_handler(): void }
    ).activate_throwing_error_handler();
    return reading(place, () => {
      const opened = new File(place, 'r');
      refuseOtherFiles(FS as unknown as EmulatedFiles);
      file = opened;
      const { nodes, paths: found } = readNodes(opened);
      paths = found;
      return nodes;
    });
  },
  numbers: async (path, ...rest) => reading(path, () => readNumbers(opened(), path, ...rest)),
  strings: async (path) => reading(path, () => readStrings(opened(), path)),
  references: async (path) => reading(path, () => readReferences(opened(), path, paths)),
};
connectToService(inOrder(functions));

function opened(): File {
  if (file === undefined) throw new Error('no file is open');
  return file;
}

/** A recording may name any file of this machine as the place of its data. */
function refuseOtherFiles(files: EmulatedFiles): void {
  const open = files.open.bind(files);
  files.open = (path, flags, ...rest) => {
    if (typeof flags === 'number' && (flags & CREATE) !== 0) return open(path, flags, ...rest);
    refused = path;
    throw new files.ErrnoError(NO_SUCH_FILE);
  };
}

function reading<Result>(what: string, read: () => Result): Result {
  refused = undefined;
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (refused !== undefined) {
      throw new InputError(
        `${what} has its data in another file: ${refused}; expected all data in one file, as ` +
          'new[name] = old[name][:] of h5py writes them',
      );
    }
    throw new InputError(
      `${what} cannot be read: ${innermost(messageOf(error))}; expected an undamaged HDF5 file`,
    );
  }
}

/** The library reports each function on the way; the last one knows what happened. */
function innermost(message: string): string {
  const reasons = [...message.matchAll(/ in \w+\(\): (.+)$/gm)].map(([, reason]) => reason!);
  return reasons.at(-1) ?? message.split('\n')[0]!;
}
