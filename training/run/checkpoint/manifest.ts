import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { InputError } from '../../../src/errors.js';
import { sha256, writeWhole } from '../../../src/files/whole-file.js';
import { NeuronCard } from '../../../src/models/card.js';
import { NeuronState } from '../neuron-state.js';
import { Identity } from './identity.js';

/** Changes whenever checkpoints do. */
const FORMAT = 1;
const FILE = 'checkpoint.json';

const TensorFile = z.strictObject({ file: z.string().regex(/^[\w.-]+$/), sha256: z.string() });
export type TensorFile = z.infer<typeof TensorFile>;

/** All of a checkpoint but its tensors. */
export const Manifest = z.strictObject({
  identity: Identity,
  /** Digest of the model that the training begins with, where it does. */
  base: z.string().nullable(),
  /** Neurons trained together. */
  chunk: z.int().positive(),
  /** Spent on the training so far. */
  seconds: z.number().nonnegative(),
  /** The populations that are trained. */
  finished: z.array(
    z.strictObject({
      neurons: z.array(NeuronCard.omit({ noiseCeiling: true })),
      weights: TensorFile,
    }),
  ),
  /** The one that is being trained. */
  current: z
    .strictObject({
      epoch: z.int().positive(),
      batch: z.int().nonnegative(),
      steps: z.int().nonnegative(),
      neurons: z.array(NeuronState),
      tensors: TensorFile,
    })
    .nullable(),
});
export type Manifest = z.infer<typeof Manifest>;

/** The manifest with a digest that shows whether it is complete. */
const Envelope = z.strictObject({
  format: z.literal(FORMAT),
  sha256: z.string(),
  manifest: z.unknown(),
});

/**
 * Reads the manifest in a folder; undefined where there is none.
 * @throws InputError where it cannot be read, is damaged, or another version's
 */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readFile(path.join(folder, FILE), 'utf8').catch((cause: unknown) => {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new InputError(`${FILE} cannot be read (${message})`, [], { cause });
  });
  if (text === undefined) return undefined;
  const json = parseJson(text);
  const format = z.object({ format: z.int() }).safeParse(json);
  if (format.success && format.data.format !== FORMAT) {
    throw new InputError(
      `its format is ${format.data.format}, this version of the program reads ${FORMAT}`,
    );
  }
  const envelope = Envelope.safeParse(json);
  const manifest = Manifest.safeParse(envelope.data?.manifest);
  if (
    !envelope.success ||
    !manifest.success ||
    sha256(JSON.stringify(envelope.data.manifest)) !== envelope.data.sha256
  ) {
    throw new InputError(`${FILE} is damaged`);
  }
  return manifest.data;
}

/** Writes the manifest, and with it all that it names becomes the checkpoint. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const digest = sha256(JSON.stringify(manifest));
  const text = JSON.stringify({ format: FORMAT, sha256: digest, manifest });
  await writeWhole(path.join(folder, FILE), `${text}\n`);
}

/** The names of the files that make a checkpoint. */
export function listFiles({ finished, current }: Manifest): string[] {
  const tensors = [
    ...finished.map(({ weights }) => weights),
    ...(current ? [current.tensors] : []),
  ];
  return [FILE, ...tensors.map(({ file }) => file)];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${FILE} is damaged`, [], { cause });
  }
}
