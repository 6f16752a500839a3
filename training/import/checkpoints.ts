import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';
import { withSubject } from './named-error.js';
import { findNeuronFiles, readBytes } from './neuron-files.js';
import { readCheckpoint } from './pytorch.js';
import { byNeuron, readStateDict } from './safetensors.js';
import type { StateDict } from './tensor.js';

/** The state of one neuron's network. */
export interface Checkpoint {
  readonly neuron: number;
  /** Where it was read, for messages. */
  readonly where: string;
  /** Name of the file. */
  readonly file: string;
  /** sha256 of the file. */
  readonly digest: string;
  /** Without what a wrapper puts in front of every name. */
  readonly state: StateDict;
}

/** Of one network: those of the paper have 0.2 MB, and three times that with their optimiser. */
const MAX_CHECKPOINT_BYTES = 64 * 2 ** 20;
/** What one read can take. */
const MAX_SITE_BYTES = 2 ** 31 - 1;

/**
 * Reads `neuron_{i}.pth` of a folder, one state dict each, in the order of the neurons.
 * @throws InputError naming the file, and saying what is wrong with it and what to do
 */
export async function* readPytorch(folder: string): AsyncGenerator<Checkpoint> {
  yield* readFolder(folder, '.pth', readCheckpoint);
}

/**
 * Reads `neuron_{i}.safetensors` of a folder, with the names and layouts of PyTorch; or one such
 * file of several neurons, whose names begin with theirs: `neuron_{i}.` or `{i}.`.
 * @throws InputError as `readPytorch`
 */
export async function* readSafetensorsFiles(place: string): AsyncGenerator<Checkpoint> {
  const isFile = await stat(place).then(
    (found) => found.isFile(),
    () => false,
  );
  if (isFile) yield* readSite(place);
  else yield* readFolder(place, '.safetensors', readStateDict);
}

async function* readFolder(
  folder: string,
  extension: string,
  read: (bytes: Uint8Array) => StateDict | Promise<StateDict>,
): AsyncGenerator<Checkpoint> {
  for (const { neuron, file } of await findNeuronFiles(folder, extension)) {
    const bytes = await readBytes(file, MAX_CHECKPOINT_BYTES);
    const state = await withSubject(`${file}:`, () => read(bytes));
    yield checkpoint(neuron, file, file, sha256(bytes), state);
  }
}

async function* readSite(file: string): AsyncGenerator<Checkpoint> {
  const bytes = await readBytes(file, MAX_SITE_BYTES);
  const neurons = await withSubject(`${file}:`, () => byNeuron(readStateDict(bytes)));
  if (neurons.size === 0) {
    throw new InputError(
      `${file}: its names do not say which neuron they are of, as 'neuron_0.fcl.bias' does; ` +
        'of one file for each neuron, neuron_{i}.safetensors, give the folder',
    );
  }
  const digest = sha256(bytes);
  for (const [neuron, state] of [...neurons].sort(([a], [b]) => a - b)) {
    yield checkpoint(neuron, `${file}, neuron ${neuron}`, file, digest, state);
  }
}

function checkpoint(
  neuron: number,
  where: string,
  file: string,
  digest: string,
  state: StateDict,
): Checkpoint {
  return { neuron, where, file: path.basename(file), digest, state: withoutPrefix(state) };
}

/** DataParallel puts `module.` in front of every name, torch.compile `_orig_mod.`, a class its field. */
function withoutPrefix(state: StateDict): StateDict {
  const [first = '', ...others] = [...state.keys()];
  let prefix = '';
  for (const segment of first.split('.').slice(0, -1)) {
    const longer = `${prefix}${segment}.`;
    if (!others.every((name) => name.startsWith(longer))) break;
    prefix = longer;
  }
  return new Map([...state].map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
