import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../errors.js';
import { onDisk } from '../files/disk-error.js';
import type { S3Connection } from '../objects/s3-objects.js';
import type { ModelSource } from './model-source.js';
import { publishModel } from './publish.js';
import { CARD_FILE, readModel, readModelFiles, type SavedModel, saveFiles } from './saved-model.js';

/** MODELS_DIR. */
export interface ModelPlace {
  readonly models: Pick<ModelSource, 'lastVersion'>;
  /** @throws InputError where another model has the same name and version, or had it and was deleted */
  readonly publish: (model: SavedModel) => Promise<unknown>;
}

/**
 * Opens MODELS_DIR to publish models there.
 * @param place a folder, or `s3://bucket/prefix`
 * @param models those that are there
 * @returns functions that throw DiskError or StorageError where the place fails
 */
export function openModelPlace(
  place: string,
  connection: S3Connection,
  models: Pick<ModelSource, 'lastVersion'>,
): ModelPlace {
  return {
    models: {
      lastVersion: (name) =>
        onDisk('the models cannot be listed', () => models.lastVersion(name), 'MODELS_DIR'),
    },
    publish: (model) =>
      onDisk(
        'the model cannot be published',
        () => publishModel(model, place, connection),
        'MODELS_DIR',
      ),
  };
}

/** Another process may publish a version of the same name at the same time. */
const TRIES = 5;

/**
 * Publishes a model as the next version of its name. Where an earlier run was stopped after that, it is found
 * published, and no second version is made.
 * @param folder for the model with its version, kept until the next call
 * @returns the model as it was published
 */
export async function publishNext(
  model: SavedModel,
  folder: string,
  { models, publish }: ModelPlace,
): Promise<SavedModel> {
  const { name } = model.card;
  const staged = path.join(folder, name);
  for (let tries = 1; ; tries++) {
    const numbered = (await readStaged(staged)) ?? (await giveNumber());
    try {
      await publish(numbered);
      return numbered;
    } catch (error) {
      if (!(error instanceof InputError) || tries === TRIES) throw error;
      await rm(staged, { recursive: true, force: true });
    }
  }

  async function giveNumber(): Promise<SavedModel> {
    const last = await models.lastVersion(name);
    const {
      formatVersion: _format,
      name: _name,
      version: _version,
      weights: _weights,
      ...card
    } = model.card;
    const files = await readModelFiles(model);
    files.delete(CARD_FILE);
    return await saveFiles(staged, card, files, last);
  }
}

async function readStaged(staged: string): Promise<SavedModel | undefined> {
  const [version] = (await readdir(staged).catch(() => [])).filter((name) => !name.startsWith('.'));
  return version === undefined ? undefined : await readModel(path.join(staged, version));
}
