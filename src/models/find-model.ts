import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../errors.js';
import { isInS3 } from '../objects/s3-place.js';
import { readModel, type SavedModel } from './saved-model.js';
import { versionsIn } from './version-numbers.js';

/**
 * Finds the model that the option `--model` of a command names.
 * @param given `models/tang` for its latest version, or `models/tang/2`
 * @param option that gave it, for messages
 * @throws InputError naming what is there, when there is no usable model
 */
export async function findModel(given: string, option = '--model'): Promise<SavedModel> {
  if (isInS3(given)) {
    throw new InputError(
      `${option} takes no place in S3: ${given}; expected a place on this machine`,
    );
  }
  const folder = path.resolve(given);
  const isVersion = /^[1-9]\d*$/.test(path.basename(folder));
  try {
    return await readModel(isVersion ? await versionIn(folder) : await latestIn(folder));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const meant = path.join('models', given);
    const versions = await versionsIn(meant).catch(() => []);
    const hint = versions.length > 0 ? `; did you mean ${meant}?` : '';
    throw new InputError(`${option} ${given}: ${error.message}${hint}`, [], { cause: error });
  }
}

async function latestIn(folder: string): Promise<string> {
  const versions = await versionsIn(folder).catch(() => []);
  if (versions.length === 0) {
    const place = await readdir(folder).then(
      () => folder,
      () => path.dirname(folder), // a slip in its name
    );
    throw new InputError(
      'there is no model: a model is a folder with the folders 1, 2, ... in it; ' +
        `${path.basename(place)} holds ${(await modelsIn(place)).join(', ') || 'none'}`,
    );
  }
  return path.join(folder, String(Math.max(...versions)));
}

async function versionIn(folder: string): Promise<string> {
  const versions = await versionsIn(path.dirname(folder)).catch((): number[] => []);
  if (versions.includes(Number(path.basename(folder)))) return folder;
  const there = versions.toSorted((a, b) => a - b).join(', ');
  throw new InputError(
    `there is no such version; ${there ? `there are: ${there}` : 'there is none'}`,
  );
}

/** Names of the models in a folder, in order. */
async function modelsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const models: string[] = [];
  for (const name of names.toSorted()) {
    const versions = await versionsIn(path.join(folder, name)).catch(() => []);
    if (versions.length > 0) models.push(name);
  }
  return models;
}
