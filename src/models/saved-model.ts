import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { InputError } from '../errors.js';
import { readWhole, sha256, sha256InSlices } from '../files/whole-file.js';
import { elementCount } from '../formats/npy.js';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../formats/safetensors.js';
import { parameterSpecifications } from '../network/parameters.js';
import { isOfCore } from '../network/shared-core/parameters.js';
import { createFolderObjects } from '../objects/folder-objects.js';
import { type MemberCard, ModelCard } from './card.js';
import { isImportedCard, nativeCard } from './native-card.js';
import { isVersion, lastVersion } from './version-numbers.js';

export const CARD_FILE = 'card.json';
/** The graph of an imported network. */
export const NETWORK_FILE = 'network.onnx';
/** The graph of its gradient, where that came along. */
export const GRADIENT_FILE = 'gradient.onnx';
const WEIGHTS_FILE = 'weights.safetensors';
/** Most bytes of a card: with 64 golden stimuli of 1000x1000 pixels it has 86 million. */
export const CARD_BYTES = 2 ** 28;
/** Most bytes of the largest element of a tensor, and of the header of a weights file. */
const ELEMENT_BYTES = 8;
const HEADER_BYTES = 2 ** 20;

/** A saved model whose card has been read. */
export interface SavedModel {
  /** `models/<name>/<version>` */
  readonly folder: string;
  readonly card: ModelCard;
  /** sha256 of card.json, which itself holds the sha256 of every weights file. */
  readonly digest: string;
}

/** The parameters of a site: one array per parameter, neurons stacked on the first axis. */
export type Weights = ReadonlyMap<string, NamedTensor>;

/** Everything of a card that is known before the weights are written. */
export type UnsavedCard = Omit<
  ModelCard,
  'formatVersion' | 'name' | 'version' | 'weights' | 'members'
>;

/** A member of an ensemble before it is saved. */
export type UnsavedMember = Omit<MemberCard, 'weights'> & { readonly weights: Weights };

/**
 * Reads and checks the card of a saved model; the folders' names must be its name and version.
 * @throws InputError with the reason when it cannot be used
 */
export async function readModel(folder: string): Promise<SavedModel> {
  const bytes = await read(folder, CARD_FILE, CARD_BYTES);
  const [name, version] = [path.basename(path.dirname(folder)), path.basename(folder)];
  return { folder, ...checkCard(bytes, name, version) };
}

/**
 * Checks the bytes of a card.
 * @param name of its folder
 * @param version of its folder
 * @throws InputError with the reason when it cannot be used
 */
export function checkCard(
  bytes: Uint8Array,
  name: string,
  version: string,
): Omit<SavedModel, 'folder'> {
  const card = parseCard(bytes);
  if (card.name !== name || String(card.version) !== version) {
    throw new InputError(
      `${CARD_FILE} is of ${card.name} version ${card.version}, its folder says ${name}/${version}`,
    );
  }
  checkMembers(card);
  const unsafe = card.weights.find(({ file }) => path.basename(file) !== file);
  if (unsafe) throw new InputError(`${CARD_FILE} names a weights file outside its folder`);
  return { card, digest: sha256(bytes) };
}

/**
 * Checks the bytes of a weights file.
 * @throws InputError when they are not those that the card describes
 */
export async function checkWeightsFile(
  bytes: Uint8Array,
  { file, sha256: expected }: ModelCard['weights'][number],
): Promise<void> {
  if ((await sha256InSlices(bytes)) === expected) return;
  throw new InputError(`${file} is not the file that the card describes: its sha256 differs`);
}

/** Reads the files of a model, unparsed, by their names. @throws InputError as `readWeights` */
export async function readModelFiles({ folder, card }: SavedModel): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const weights of card.weights) {
    const bytes = await read(folder, weights.file, maxBytes(card));
    await checkWeightsFile(bytes, weights);
    files.set(weights.file, bytes);
  }
  return files.set(CARD_FILE, await read(folder, CARD_FILE, CARD_BYTES));
}

/**
 * Reads the weights of a model that is no ensemble.
 * @throws InputError when a file is larger than the card makes it, differs from its sha256, or holds
 *   a number that is not finite; for an ensemble, and where the network is imported
 */
export async function readWeights(model: SavedModel): Promise<Weights> {
  const { members, weights } = model.card;
  if (members === undefined) return await readFiles(model, weights);
  throw new InputError(`the model is an ensemble of ${members.length}; expected a single model`);
}

/**
 * Reads the weights of each member of an ensemble, in the order of the card. Another model is its own only member.
 * @throws InputError as `readWeights`
 */
export async function readMembers(model: SavedModel): Promise<Weights[]> {
  const { members, weights } = model.card;
  if (members === undefined) return [await readFiles(model, weights)];
  const all: Weights[] = [];
  for (const member of members) {
    all.push(
      await readFiles(
        model,
        weights.filter(({ file }) => file === member.weights),
      ),
    );
  }
  return all;
}

async function readFiles(
  { folder, card: own }: SavedModel,
  files: ModelCard['weights'],
): Promise<Weights> {
  const card = nativeCard(own);
  const weights = new Map<string, NamedTensor>();
  for (const each of files) {
    const { file } = each;
    const bytes = await read(folder, file, maxBytes(card));
    await checkWeightsFile(bytes, each);
    for (const [name, tensor] of decodeSafetensors(bytes)) {
      if (!tensor.data.every(Number.isFinite)) {
        throw new InputError(`${file}: '${name}' holds a number that is not finite`);
      }
      weights.set(name, tensor);
    }
  }
  return weights;
}

/**
 * Saves a model as the next version under `out` (`models/x` becomes `models/x/1`, then `/2`), whole
 * or not at all. A deleted version's number is not used again.
 * @param last a version that the next one comes after, as those that are there
 */
export async function saveModel(
  out: string,
  card: UnsavedCard,
  weights: Weights,
  last = 0,
): Promise<SavedModel> {
  return await saveFiles(out, card, new Map([[WEIGHTS_FILE, encodeSafetensors(weights)]]), last);
}

/**
 * Saves an ensemble as `saveModel` does. Its golden responses and the scores of its neurons are those of the mean of its
 * members' responses.
 * @param members 2 to 32, of the card's architecture, stimulus and neurons
 * @example
 * const saved = await saveEnsemble('models/e', { ...card, golden }, [
 *   { weights: first, training: card.training },
 *   { weights: second, training: other.training },
 * ]);
 */
export async function saveEnsemble(
  out: string,
  card: UnsavedCard,
  members: readonly UnsavedMember[],
  last = 0,
): Promise<SavedModel> {
  const file = (member: number) => `member-${member + 1}.safetensors`;
  const cards = members.map(({ weights: _, ...member }, i) => ({ weights: file(i), ...member }));
  const files = new Map(members.map(({ weights }, i) => [file(i), encodeSafetensors(weights)]));
  return await saveFiles(out, { ...card, members: cards }, files, last);
}

/** Saves a model as `saveModel` does, of the bytes of its files, other than the card, by their names. */
export async function saveFiles(
  out: string,
  card: UnsavedCard & Pick<ModelCard, 'members'>,
  files: ReadonlyMap<string, Uint8Array>,
  last = 0,
): Promise<SavedModel> {
  const temporary = path.join(out, `.saving-${randomUUID()}`);
  await mkdir(temporary, { recursive: true });
  try {
    const taken = (await readdir(out)).filter(isVersion).map(Number);
    const version = (await lastVersion([last, ...taken], createFolderObjects(out))) + 1;
    const folder = path.join(out, String(version));
    const whole = ModelCard.parse({
      formatVersion: 1,
      name: path.basename(path.resolve(out)),
      version,
      ...card,
      weights: Array.from(files, ([file, bytes]) => ({ file, sha256: sha256(bytes) })),
    } satisfies ModelCard);
    for (const [file, bytes] of files) await writeFile(path.join(temporary, file), bytes);
    await writeFile(path.join(temporary, CARD_FILE), `${JSON.stringify(whole, null, 1)}\n`);
    await rename(temporary, folder);
    return await readModel(folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** @throws InputError naming the file when it cannot be read */
async function read(folder: string, file: string, most: number): Promise<Buffer> {
  try {
    return await readWhole(path.join(folder, file), most);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`${file} is missing, or cannot be read`, [], { cause });
  }
}

/** Numbers in the weights of a model, or of each member of an ensemble, by what its card says of the networks. */
export function countWeights(card: ModelCard): number {
  if (isImportedCard(card)) return card.architecture.parameters;
  const { architecture, stimulus, neurons } = nativeCard(card);
  return parameterSpecifications(architecture, stimulus)
    .map(({ name, shape }) => (isOfCore(name) ? 1 : neurons.length) * elementCount(shape))
    .reduce((a, b) => a + b);
}

/** Most bytes of a weights file. */
export function maxBytes(card: ModelCard): number {
  if (isImportedCard(card)) return card.architecture.bytes;
  return countWeights(card) * ELEMENT_BYTES + HEADER_BYTES;
}

/** @throws InputError when the members and the weights files of an ensemble do not belong together */
function checkMembers({ members, calibration, neurons, weights }: ModelCard): void {
  const files = weights.map(({ file }) => file);
  const named = members?.map((member) => member.weights) ?? files;
  if (named.toSorted().join() !== files.toSorted().join() || new Set(files).size < files.length) {
    throw new InputError(
      `${CARD_FILE} names other files of its members than weights: ${named}; expected ${files}`,
    );
  }
  const perNeuron = [
    ...[calibration?.residual, calibration?.spread?.neurons],
    ...(members ?? []).map(({ CORR }) => CORR),
  ];
  const wrong = perNeuron.find((values) => values && values.length !== neurons.length);
  if (wrong) {
    throw new InputError(
      `${CARD_FILE} has ${wrong.length} numbers of a member or of the calibration; expected one for each of ` +
        `its ${neurons.length} neurons`,
    );
  }
}

function parseCard(bytes: Uint8Array): ModelCard {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new InputError(`${CARD_FILE} is not JSON`, [], { cause });
  }
  const parsed = ModelCard.safeParse(json);
  if (!parsed.success) {
    throw new InputError(`${CARD_FILE} is not a model card: ${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}
