import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';
import type { ModelSource } from '../../src/models/model-source.js';
import {
  readMembers,
  readModel,
  type SavedModel,
  saveEnsemble,
  saveModel,
} from '../../src/models/saved-model.js';

/** MODELS_DIR. */
export interface ModelPlace {
  readonly models: Pick<ModelSource, 'lastVersion'>;
  /** @throws InputError where another model has the same name and version, or had it and was deleted */
  readonly publish: (model: SavedModel) => Promise<unknown>;
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
      members,
      ...card
    } = model.card;
    const weights = await readMembers(model);
    if (members === undefined) return await saveModel(staged, card, weights[0]!, last);
    const unsaved = members.map((member, k) => ({ ...member, weights: weights[k]! }));
    return await saveEnsemble(staged, card, unsaved, last);
  }
}

async function readStaged(staged: string): Promise<SavedModel | undefined> {
  const [version] = (await readdir(staged).catch(() => [])).filter((name) => !name.startsWith('.'));
  return version === undefined ? undefined : await readModel(path.join(staged, version));
}
