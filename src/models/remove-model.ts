import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { deleteFolder, finishDeleting } from '../files/deleted-folder.js';
import { onDisk, unless } from '../files/disk-error.js';
import { sha256 } from '../files/whole-file.js';
import { createFolderObjects } from '../objects/folder-objects.js';
import type { ObjectStore } from '../objects/object-store.js';
import { openStoredObjects } from '../objects/open-objects.js';
import type { S3Connection } from '../objects/s3-objects.js';
import { isInS3 } from '../objects/s3-place.js';
import { inStorage } from '../objects/storage-fault.js';
import type { ModelVersion } from './model-source.js';
import { CARD_BYTES, CARD_FILE } from './saved-model.js';
import { markDeleted } from './version-numbers.js';

/**
 * Removes a version of a model. No service ever sees a part of it, and no other model gets its number.
 * @param place a folder, or `s3://bucket/prefix`, that holds `<name>/<version>/`
 * @returns whether it was there
 * @throws DiskError or StorageError
 * @example
 * await removeModel({ name: 'tang', version: 3 }, 'models', { endpoint: undefined, region: undefined });
 */
export async function removeModel(
  { name, version }: ModelVersion,
  place: string,
  connection: S3Connection,
): Promise<boolean> {
  if (!isInS3(place)) {
    return await onDisk(
      'the model cannot be deleted',
      () => removeFolder(path.join(place, name), version),
      'MODELS_DIR',
    );
  }
  const model = (await openStoredObjects(place, place, connection)).within(name);
  const files = model.within(String(version));
  return await inStorage('the model cannot be deleted', async () => {
    const isThere = (await files.stat(CARD_FILE)) !== undefined;
    if (isThere) await markDeleted(model, version, await readDigest(files));
    await files.remove(CARD_FILE); // first: without it there is no model
    for await (const { key } of files.list()) await files.remove(key);
    return isThere;
  });
}

async function removeFolder(versions: string, version: number): Promise<boolean> {
  await finishDeleting(versions);
  const folder = path.join(versions, String(version));
  if ((await lstat(folder).catch(unless('ENOENT'))) === undefined) return false;
  const digest = await readDigest(createFolderObjects(folder));
  const mark = async () => {
    await markDeleted(createFolderObjects(versions), version, digest);
    return true;
  };
  // A full disk has no room for the mark until the version is gone.
  const isMarked = await mark().catch(unless('ENOSPC', 'EDQUOT'));
  const isDeleted = await deleteFolder(folder);
  if (isMarked === undefined) await mark();
  return isDeleted;
}

/** The digest of a version; empty where it has no card. */
async function readDigest(files: ObjectStore): Promise<string> {
  const card = await files.read(CARD_FILE, CARD_BYTES);
  return card === undefined ? '' : sha256(card.content);
}
