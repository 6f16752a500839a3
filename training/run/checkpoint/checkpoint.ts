import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { InputError, messageOf } from '../../../src/errors.js';
import { sha256, writeWhole } from '../../../src/files/whole-file.js';
import {
  decodeSafetensors,
  encodeSafetensors,
  type NamedTensor,
} from '../../../src/formats/safetensors.js';
import type { Weights } from '../../../src/models/saved-model.js';
import type { PopulationState, TrainedPopulation } from '../population.js';
import { differences, type Identity } from './identity.js';
import {
  listFiles,
  type Manifest,
  readManifest,
  type TensorFile,
  writeManifest,
} from './manifest.js';

/**
 * How far a training has come, on disk; all of it survives the end of the process at any moment. For one
 * process at a time.
 */
export interface Checkpoint {
  /** The folder that holds it. */
  readonly folder: string;
  /** Neurons trained together. */
  readonly chunk: number;
  /** Where to go on: the population (from 0), its epoch (from 1) and batch (from 0). */
  readonly position?: Readonly<Record<'population' | 'epoch' | 'batch', number>>;
  /** Spent on the training so far, by earlier processes too. */
  seconds(): number;
  /**
   * Begins the training, or continues it.
   * @param base digest of the model that it begins with, where there is one
   * @throws InputError where it belongs to another one, or cannot be written
   */
  begin(base: string | null): Promise<void>;
  /** The populations that are trained, in order. */
  finished(): Promise<TrainedPopulation[]>;
  /** How far the next population has come, if it was begun. */
  current(): Promise<PopulationState | undefined>;
  save(state: PopulationState): Promise<void>;
  finish(population: TrainedPopulation): Promise<void>;
  remove(): Promise<void>;
}

/** What a checkpoint is opened for. */
export interface CheckpointRequest {
  readonly identity: Identity;
  /** Neurons trained together, where it is said; else `autoChunk`, or what the checkpoint has. */
  readonly chunk: number | undefined;
  readonly autoChunk: number;
  /** Whether to continue from a checkpoint that exists; otherwise it is an error. */
  readonly resume: boolean;
  /** In seconds, from any moment on. */
  readonly clock: () => number;
  /** Is called before anything is written; what it throws ends the training. */
  readonly confirm: () => Promise<void>;
}

/** The hidden folder of a model that holds its training: the service passes it by. */
export function checkpointFolder(out: string): string {
  return path.join(out, '.training');
}

/**
 * Opens the checkpoint of a model's folder, which may be none yet.
 * @throws InputError where one is there that is damaged, of another training, or not to be resumed
 */
export async function openCheckpoint(out: string, request: CheckpointRequest): Promise<Checkpoint> {
  const folder = checkpointFolder(out);
  const saved = await readManifest(folder).catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `${folder} holds a checkpoint that cannot be used: ${error.message}; delete that folder to begin anew`,
      [],
      { cause: error },
    );
  });
  if (saved) checkRequest(folder, saved, request);
  let manifest: Manifest = saved ?? {
    identity: request.identity,
    base: null,
    chunk: request.chunk ?? request.autoChunk,
    seconds: 0,
    finished: [],
    current: null,
  };
  let started = request.clock();

  return {
    folder,
    chunk: manifest.chunk,
    seconds,
    ...(saved && { position: readPosition(saved) }),

    async begin(base) {
      if (saved && saved.base !== base) {
        reject(folder, ['the model that it began with has been trained again since']);
      }
      manifest = { ...manifest, base };
      started = request.clock();
      await orSay(folder, () => mkdir(folder, { recursive: true }));
    },

    async finished() {
      return await Promise.all(
        manifest.finished.map(async ({ neurons, weights }) => ({
          neurons,
          weights: await readTensors(folder, weights),
        })),
      );
    },

    async current() {
      if (manifest.current === null) return undefined;
      const { tensors, steps, ...position } = manifest.current;
      const parts = await readTensors(folder, tensors);
      return {
        ...position,
        kept: readPart(parts, 'kept/'),
        current: readPart(parts, 'current/'),
        optimiser: { steps, moments: readPart(parts, 'moments/') },
      };
    },

    async save({ epoch, batch, neurons, kept, current, optimiser: { steps, moments } }) {
      const parts = { 'kept/': kept, 'current/': current, 'moments/': moments };
      await request.confirm();
      const tensors = await whileOwned(() => writeTensors(folder, join(parts)));
      const position = { epoch, batch, steps, neurons: [...neurons] };
      await commit({ ...manifest, current: { ...position, tensors } });
    },

    async finish({ neurons, weights }) {
      await request.confirm();
      const saved = await whileOwned(() => writeTensors(folder, weights));
      const done = { neurons: [...neurons], weights: saved };
      await commit({ ...manifest, finished: [...manifest.finished, done], current: null });
    },

    remove: () => rm(folder, { recursive: true, force: true }),
  };

  function seconds(): number {
    return (saved?.seconds ?? 0) + request.clock() - started;
  }

  /** Where a write fails because another process has the folder by now, that is the reason. */
  async function whileOwned<Result>(write: () => Promise<Result>): Promise<Result> {
    try {
      return await write();
    } catch (error) {
      await request.confirm();
      throw error;
    }
  }

  async function commit(next: Manifest): Promise<void> {
    await request.confirm();
    manifest = { ...next, seconds: seconds() };
    await whileOwned(() => orSay(folder, () => writeManifest(folder, manifest)));
    const named = new Set(listFiles(manifest));
    for (const file of await readdir(folder)) {
      if (!named.has(file)) await rm(path.join(folder, file), { force: true });
    }
  }
}

function readPosition({ finished, current }: Manifest): NonNullable<Checkpoint['position']> {
  const { epoch, batch } = current ?? { epoch: 1, batch: 0 };
  return { population: finished.length, epoch, batch };
}

function checkRequest(folder: string, saved: Manifest, request: CheckpointRequest): void {
  const different = differences(saved.identity, request.identity);
  if (request.chunk !== undefined && request.chunk !== saved.chunk) {
    different.push(`chunk ${saved.chunk}, now ${request.chunk}`);
  }
  if (different.length > 0) reject(folder, different);
  if (!request.resume) {
    throw new InputError(
      `${folder} holds this very training, broken off: add --resume to go on with it, or delete ` +
        'that folder to begin anew',
    );
  }
}

function reject(folder: string, different: readonly string[]): never {
  throw new InputError(
    `${folder} holds the checkpoint of another training (${different.join('; ')}): choose another ` +
      '--out, ask for that training with --resume, or delete that folder',
  );
}

/** Files are named by what they hold, so that none is ever written over. */
async function writeTensors(folder: string, tensors: Weights): Promise<TensorFile> {
  const bytes = encodeSafetensors(tensors);
  const digest = sha256(bytes);
  const file = `${digest.slice(0, 32)}.safetensors`;
  await orSay(folder, () => writeWhole(path.join(folder, file), bytes));
  return { file, sha256: digest };
}

async function orSay(folder: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    const reason = messageOf(cause);
    throw new InputError(
      `the checkpoint in ${folder} cannot be written (${reason}); one from before stays: put that ` +
        'right and go on with --resume',
      [],
      { cause },
    );
  }
}

async function readTensors(folder: string, { file, sha256: expected }: TensorFile) {
  const bytes = await readFile(path.join(folder, file)).catch(() => undefined);
  if (bytes === undefined || sha256(bytes) !== expected) {
    throw new InputError(
      `${folder} holds a checkpoint that cannot be used: ${file} is ` +
        `${bytes === undefined ? 'missing' : 'damaged'}; delete that folder to begin anew`,
    );
  }
  return decodeSafetensors(bytes);
}

function join(parts: Readonly<Record<string, Weights>>): Weights {
  return new Map(
    Object.entries(parts).flatMap(([prefix, tensors]) =>
      [...tensors].map(([name, tensor]): [string, NamedTensor] => [prefix + name, tensor]),
    ),
  );
}

function readPart(tensors: Weights, prefix: string): Weights {
  return new Map(
    [...tensors]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
}
