import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type {
  FoundVersion,
  ModelSource,
  ModelVersion,
  SkippedName,
  SourceListing,
} from './model-source.js';
import { modelFolders } from './models-folder.js';
import { readModel, versionsIn } from './saved-model.js';

/** The models of a folder on this machine, which holds `<name>/<version>/`; links are followed. */
export function createFolderSource(directory: string): ModelSource {
  return { directory, list, readCard, localFolder };

  async function list(name?: string): Promise<SourceListing> {
    const found = await modelFolders(directory);
    const isListed = (model: string) => name === undefined || model === name;
    const names: string[] = [];
    const versions: FoundVersion[] = [];
    const unreadable: SkippedName[] = [];
    for (const model of found.names.filter(isListed).toSorted()) {
      try {
        versions.push(...(await versionsOf(model)));
        names.push(model);
      } catch (error) {
        const { code = 'unknown' } = error as NodeJS.ErrnoException;
        unreadable.push({ name: model, reason: `its folder cannot be read: ${code}` });
      }
    }
    const broken = found.broken.filter((link) => isListed(link.name));
    return { names, versions, broken, unreadable };
  }

  async function versionsOf(name: string): Promise<FoundVersion[]> {
    const versions = await versionsIn(path.join(directory, name));
    return Promise.all(
      versions
        .toSorted((a, b) => a - b)
        .map(async (version) => {
          const stamp = await readStamp(folderOf({ name, version }));
          return { name, version, stamp };
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

/** The names, sizes and times of the files of a version. */
async function readStamp(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const files = names.map(async (name) => {
    const found = await stat(path.join(folder, name)).catch(() => undefined);
    return found && [name, found.size, found.mtimeMs, found.ino].join(':');
  });
  return (await Promise.all(files)).join(' ');
}
