import path from 'node:path';
import { InputError } from '../errors.js';
import type { ObjectCache } from '../objects/object-cache.js';
import type { ObjectInfo, ObjectStore } from '../objects/object-store.js';
import { inStorage } from '../objects/storage-fault.js';
import type { ModelSource, ModelVersion, SourceListing } from './model-source.js';
import {
  CARD_BYTES,
  CARD_FILE,
  checkCard,
  checkWeightsFile,
  maxBytes,
  readModel,
  readModelFiles,
} from './saved-model.js';
import { isVersion, lastVersion } from './version-numbers.js';

/** The files of a version, by their names. */
type Files = Map<string, ObjectInfo>;

/**
 * The models of a place in S3, whose keys are `<name>/<version>/<file>`. A version is there from the moment that
 * its card is, which is written last; its files are copied to this machine when they are needed.
 */
export function createS3Source(objects: ObjectStore, cache: ObjectCache): ModelSource {
  /** What the latest listing found, by `<name>/<version>`. */
  let listed = new Map<string, Files>();
  return {
    list,
    async lastVersion(name) {
      const { versions } = await list(name);
      const saved = versions.map(({ version }) => version);
      return await inStorage('the models cannot be listed', () =>
        lastVersion(saved, objects.within(name)),
      );
    },
    readCard,
    localFolder,
  };

  async function list(name?: string): Promise<SourceListing> {
    const found = await inStorage('the models cannot be listed', () => listFiles(name));
    const others = [...listed].filter(([key]) => name !== undefined && !key.startsWith(`${name}/`));
    listed = new Map([...others, ...found]);
    const versions = [...found].map(([key, files]) => {
      const [model = '', version] = key.split('/');
      return { name: model, version: Number(version), stamp: stampOf(files) };
    });
    versions.sort((a, b) => compare(a.name, b.name) || a.version - b.version);
    const names = [...new Set(versions.map((version) => version.name))];
    return { names, versions, broken: [], unreadable: [] };
  }

  async function listFiles(name?: string): Promise<Map<string, Files>> {
    const found = new Map<string, Files>();
    const within = name === undefined ? objects : objects.within(name);
    for await (const info of within.list()) {
      const parts = [...(name === undefined ? [] : [name]), ...info.key.split('/')];
      const [model = '', version = '', file = ''] = parts;
      if (parts.length !== 3 || model.startsWith('.') || !isVersion(version)) continue;
      const key = `${model}/${version}`;
      const files: Files = found.get(key) ?? new Map();
      found.set(key, files.set(file, info));
    }
    for (const [key, files] of found) if (!files.has(CARD_FILE)) found.delete(key);
    return found;
  }

  async function readCard({ name, version }: ModelVersion) {
    const bytes = await readFile({ name, version }, CARD_FILE, CARD_BYTES);
    const { card, digest } = checkCard(bytes, name, String(version));
    const files = listed.get(`${name}/${version}`);
    const most = maxBytes(card);
    for (const { file } of card.weights) {
      const size = files === undefined ? 0 : files.get(file)?.bytes;
      if (size === undefined) throw new InputError(`${file} is missing`);
      if (size > most) {
        throw new InputError(`${file} is too large: ${size} bytes; expected at most ${most}`);
      }
    }
    return { card, digest };
  }

  async function localFolder({ name, version }: ModelVersion, digest: string): Promise<string> {
    const below = path.join(name, String(version));
    const folder = await cache.folder(digest, {
      isWhole: (found) => isWhole(path.join(found, below), digest),
      fetch: () => fetchFiles({ name, version }, digest),
    });
    return path.join(folder, below);
  }

  /** Reads and checks all files of a version, by their paths below the folder of models. */
  async function fetchFiles(version: ModelVersion, digest: string): Promise<Map<string, Buffer>> {
    const folder = path.join(version.name, String(version.version));
    const bytes = await readFile(version, CARD_FILE, CARD_BYTES);
    const found = checkCard(bytes, version.name, String(version.version));
    if (found.digest !== digest) {
      throw new InputError(
        `${CARD_FILE} has been replaced: its digest is ${found.digest}; expected ${digest}`,
      );
    }
    const files = new Map<string, Buffer>();
    for (const weights of found.card.weights) {
      const content = await readFile(version, weights.file, maxBytes(found.card));
      await checkWeightsFile(content, weights);
      files.set(path.join(folder, weights.file), content);
    }
    return files.set(path.join(folder, CARD_FILE), bytes);
  }

  async function readFile(
    { name, version }: ModelVersion,
    file: string,
    most: number,
  ): Promise<Buffer> {
    const found = await inStorage(`${file} cannot be read`, () =>
      objects.read(`${name}/${version}/${file}`, most),
    );
    if (found === undefined) throw new InputError(`${file} is missing`);
    return found.content;
  }
}

/** Whether a local copy is as it was written. */
async function isWhole(folder: string, digest: string): Promise<boolean> {
  try {
    const saved = await readModel(folder);
    await readModelFiles(saved);
    return saved.digest === digest;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

function stampOf(files: Files): string {
  return [...files.values()].map(({ key, tag }) => `${path.basename(key)}=${tag}`).join(' ');
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
