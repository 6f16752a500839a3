import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import type { ModelCard } from '../model/card.js';
import { readModel, versionsIn } from '../model/saved-model.js';
import type { Engine } from './engine.js';

/** A model that the engine has loaded and verified. */
export interface ServedModel {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly card: ModelCard;
}

/** A model folder that cannot be served, and why. */
export interface UnusableModel {
  readonly name: string;
  readonly version: number;
  /** One line. */
  readonly reason: string;
}

/** The models found under the models folder. */
export interface Catalogue {
  readonly served: readonly ServedModel[];
  readonly unusable: readonly UnusableModel[];
  /** A served model; the largest version when none is named. */
  find(name: string, version?: number): ServedModel | undefined;
}

/** Where the stack of a bug begins, which is for the log alone. */
const STACK = /\n\s+at /;

/**
 * Loads every model under `directory` into the engine. One that fails stays out, with its reason;
 * the rest is served.
 */
export async function openCatalogue(
  directory: string,
  engine: Engine,
  logger: Logger,
): Promise<Catalogue> {
  const served: ServedModel[] = [];
  const unusable: UnusableModel[] = [];
  for (const { name, version, folder } of await modelFolders(directory)) {
    try {
      const { card, digest } = await readModel(folder);
      await engine.load(folder, digest);
      served.push({ name, version, digest, card });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const [reason = ''] = message.split(STACK, 1);
      unusable.push({ name, version, reason: reason.replaceAll(/\s*\n\s*/g, ' ') });
      logger.error({ model: name, version, reason: message }, 'model is not served');
    }
  }
  return { served, unusable, find };

  function find(name: string, version?: number): ServedModel | undefined {
    return served
      .filter((model) => model.name === name && (version ?? model.version) === model.version)
      .reduce<ServedModel | undefined>(
        (latest, model) => (latest && latest.version > model.version ? latest : model),
        undefined,
      );
  }
}

async function modelFolders(directory: string) {
  const found: { name: string; version: number; folder: string }[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const folder = path.join(directory, entry.name);
    const versions = (await versionsIn(folder)).toSorted((a, b) => a - b);
    for (const version of versions) {
      found.push({ name: entry.name, version, folder: path.join(folder, String(version)) });
    }
  }
  return found;
}
