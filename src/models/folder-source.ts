import path from 'node:path';
import type { ModelSource, ModelVersion, SkippedName, SourceListing } from './model-source.js';
import { modelFolders } from './models-folder.js';
import { readModel, versionsIn } from './saved-model.js';

/** The models of a folder on this machine, which holds `<name>/<version>/`; links are followed. */
export function createFolderSource(directory: string): ModelSource {
  return { list, readCard, localFolder };

  async function list(name?: string): Promise<SourceListing> {
    const found = await modelFolders(directory);
    const isListed = (model: string) => name === undefined || model === name;
    const names: string[] = [];
    const versions: ModelVersion[] = [];
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

  async function versionsOf(name: string): Promise<ModelVersion[]> {
    const versions = await versionsIn(path.join(directory, name));
    return versions.toSorted((a, b) => a - b).map((version) => ({ name, version }));
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
