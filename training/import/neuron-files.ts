import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';
import { describeMissing } from '../data/describe-missing.js';

/** A file `neuron_{i}` of a folder. */
export interface NeuronFile {
  readonly neuron: number;
  readonly file: string;
}

/** File names in the message about a folder that has no usable ones. */
const MAX_NAMES = 3;

/**
 * The files `neuron_{i}` with an extension (`.pth`) in a folder, in the order of the neurons.
 * @throws InputError when there are none, or two of one neuron
 */
export async function findNeuronFiles(folder: string, extension: string): Promise<NeuronFile[]> {
  const names = await readdir(folder).catch(async (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOTDIR') throw new InputError(`${folder} is not a folder`, [], { cause });
    if (cause.code !== 'ENOENT') throw cause;
    const expected = `a folder with neuron_{i}${extension}`;
    throw new InputError(await describeMissing(folder, expected), [], { cause });
  });
  const found = names.flatMap((name): NeuronFile[] => {
    const { name: stem, ext } = path.parse(name);
    const digits = /^neuron_(\d{1,9})$/.exec(stem)?.[1];
    if (digits === undefined || ext !== extension) return [];
    return [{ neuron: Number(digits), file: path.join(folder, name) }];
  });
  if (found.length === 0) {
    throw new InputError(
      `${folder} has no neuron_{i}${extension}, such as neuron_0${extension}; ${contents(names)}`,
    );
  }
  found.sort((a, b) => a.neuron - b.neuron);
  for (const [i, { neuron, file }] of found.entries()) {
    const other = found[i + 1];
    if (other?.neuron !== neuron) continue;
    throw new InputError(`${file} and ${other.file} are both of neuron ${neuron}; remove one`);
  }
  return found;
}

/** @throws InputError when it cannot be read, or has more bytes than `max` */
export async function readBytes(file: string, max: number): Promise<Uint8Array> {
  const cannot = (cause: unknown) => {
    throw new InputError(`${file} cannot be read`, [], { cause });
  };
  const { size } = await stat(file).catch(cannot);
  if (size > max) throw new InputError(`${file} has ${size} bytes; at most ${max} are read`);
  return await readFile(file).catch(cannot);
}

function contents(names: readonly string[]): string {
  if (names.length === 0) return 'it is empty';
  const listed = names.toSorted().slice(0, MAX_NAMES).join(', ');
  const others = names.length - MAX_NAMES;
  return `it holds ${listed}${others > 0 ? ` and ${others} more` : ''}`;
}
