import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../errors.js';
import { isInS3, parseS3Place, rejectMistyped } from '../objects/s3-place.js';
import { CARD_FILE } from './saved-model.js';
import { versionsIn } from './version-numbers.js';

/** The folders of models in a folder, and the links there that lead to no folder. */
export interface ModelFolders {
  readonly names: readonly string[];
  readonly broken: readonly { readonly name: string; readonly reason: string }[];
}

/** Finds the models of a folder: folders, and links to folders, whose names do not begin with a dot. */
export async function modelFolders(directory: string): Promise<ModelFolders> {
  const names: string[] = [];
  const broken: { name: string; reason: string }[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const { name } = entry;
    if (name.startsWith('.')) continue;
    if (entry.isDirectory()) names.push(name);
    if (!entry.isSymbolicLink()) continue;
    const found = await stat(path.join(directory, name)).catch(
      ({ code }: NodeJS.ErrnoException) => code ?? 'unknown',
    );
    if (typeof found === 'string') broken.push({ name, reason: `link leads nowhere: ${found}` });
    else if (found.isDirectory()) names.push(name);
  }
  return { names, broken };
}

/**
 * Checks the place whose models are to be served: a folder, or `s3://bucket/prefix`, which is not asked.
 * @throws InputError when it is neither, or is a folder of a model or of a version, with the one to name
 */
export async function checkModelsFolder(directory: string): Promise<void> {
  if (isInS3(directory)) {
    parseS3Place(directory);
    return;
  }
  const setting = `MODELS_DIR=${JSON.stringify(directory)}`;
  rejectMistyped(directory, setting);
  const expected = `expected the folder that holds <model>/<version>/${CARD_FILE}`;
  if (!(await isFolder(directory))) {
    throw new InputError(`${setting} is not a folder; ${expected}: train a model, or name another`);
  }
  if (await hasCard(directory)) {
    throw new InputError(`${setting} is a version of a model; ${expected}: ${above(directory, 2)}`);
  }
  const { names } = await modelFolders(directory);
  for (const name of names) {
    const folder = path.join(directory, name);
    for (const version of await versionsIn(folder).catch(() => [])) {
      if (await hasCard(path.join(folder, String(version)))) return;
    }
  }
  for (const version of await versionsIn(directory)) {
    if (!(await hasCard(path.join(directory, String(version))))) continue;
    throw new InputError(
      `${setting} is the folder of a model; ${expected}: ${above(directory, 1)}`,
    );
  }
}

function above(directory: string, levels: number): string {
  return `MODELS_DIR=${JSON.stringify(path.join(directory, ...Array(levels).fill('..')))}`;
}

async function isFolder(place: string): Promise<boolean> {
  return (await stat(place).catch(() => undefined))?.isDirectory() ?? false;
}

async function hasCard(folder: string): Promise<boolean> {
  return (await stat(path.join(folder, CARD_FILE)).catch(() => undefined)) !== undefined;
}
