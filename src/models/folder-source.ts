import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileStamp } from '../files/file-stamp.js';
import { mapConcurrently } from '../files/map-concurrently.js';
import { createFolderObjects } from '../objects/folder-objects.js';
import type {
  ListedVersion,
  ModelSource,
  ModelVersion,
  SkippedName,
  SourceListing,
} from './model-source.js';
import { modelFolders } from './models-folder.js';
import { readModel } from './saved-model.js';
import { lastVersion, versionsIn } from './version-numbers.js';

/** Models that are listed at the same time. */
const CONCURRENT_MODELS = 32;

/** The models of a folder on this machine, which holds `<name>/<version>/`; links are followed. */
export function createFolderSource(directory: string): ModelSource {
  return {
    list,
    async lastVersion(name) {
      const { versions } = await list(name);
      const saved = versions.map(({ version }) => version);
      return await lastVersion(saved, createFolderObjects(directory).within(name));
    },
    readCard,
    localFolder,
  };

  async function list(name?: string): Promise<SourceListing> {
    const found = await modelFolders(directory);
    const isListed = (model: string) => name === undefined || model === name;
    const unreadable: SkippedName[] = [];
    const listed = await mapConcurrently(
      found.names.filter(isListed).toSorted(),
      CONCURRENT_MODELS,
      async (model) => {
        try {
          return { model, versions: await versionsOf(model) };
        } catch (error) {
          const { code = 'unknown' } = error as NodeJS.ErrnoException;
          unreadable.push({ name: model, reason: `its folder cannot be read: ${code}` });
          return undefined;
        }
      },
    );
    const readable = listed.filter((entry) => entry !== undefined);
    return {
      names: readable.map(({ model }) => model),
      versions: readable.flatMap(({ versions }) => versions),
      broken: found.broken.filter((link) => isListed(link.name)),
      unreadable,
    };
  }

  async function versionsOf(name: string): Promise<ListedVersion[]> {
    const versions = await versionsIn(path.join(directory, name));
    const sorted = versions.toSorted((a, b) => a - b);
    return await Promise.all(
      sorted.map(async (version) => {
        const folder = folderOf({ name, version });
        return { name, version, stamp: await stampOf(folder) };
      }),
    );
  }

  async function readCard(version: ModelVersion) {
    const { card, digest } = await readModel(folderOf(version));
    return { card, digest };
  }

  async function localFolder(version: ModelVersion) {
    return folderOf(version);
  }

  function folderOf({ name, version }: ModelVersion): string {
    return path.join(directory, name, String(version));
  }
}

/** The size and the time of each file of a folder, so that one that is still being copied changes it too. */
async function stampOf(folder: string): Promise<string> {
  const files = await readdir(folder).catch(() => []);
  const parts = await Promise.all(
    ['.', ...files.toSorted()].map(async (file) => {
      const stamp = await fileStamp(path.join(folder, file)).catch(() => undefined);
      return `${file}=${stamp ?? 'missing'}`;
    }),
  );
  return parts.join(' ');
}
