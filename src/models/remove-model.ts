import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import { deleteFolder, finishDeleting } from '../files/deleted-folder.js';
import { onDisk, unless } from '../files/disk-error.js';
import { openStoredObjects } from '../objects/open-objects.js';
import type { S3Connection } from '../objects/s3-objects.js';
import { isInS3 } from '../objects/s3-place.js';
import { inStorage } from '../objects/storage-fault.js';
import type { ModelVersion } from './model-source.js';
import { CARD_FILE } from './saved-model.js';

/**
 * Removes a version of a model. No service ever sees a part of it.
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
      () => removeFolder(path.join(place, name), String(version)),
      'MODELS_DIR',
    );
  }
  const objects = (await openStoredObjects(place, place, connection)).within(name);
  const files = objects.within(String(version));
  return await inStorage('the model cannot be deleted', async () => {
    const isThere = (await files.stat(CARD_FILE)) !== undefined;
    await files.remove(CARD_FILE); // first: without it there is no model
    for await (const { key } of files.list()) await files.remove(key);
    return isThere;
  });
}

async function removeFolder(versions: string, version: string): Promise<boolean> {
  await finishDeleting(versions);
  if (!(await deleteFolder(path.join(versions, version)))) return false;
  await rmdir(versions).catch(unless('ENOTEMPTY', 'EEXIST')); // There may be other versions.
  return true;
}
