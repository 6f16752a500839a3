import { access, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../errors.js';
import { hasCode, unless } from '../files/disk-error.js';
import { makeFolder } from '../files/make-folder.js';
import {
  ABANDONED_MS,
  isTemporary,
  sha256,
  sha256InSlices,
  syncFolder,
  temporaryFor,
} from '../files/whole-file.js';
import { createFolderObjects } from '../objects/folder-objects.js';
import type { ObjectStore } from '../objects/object-store.js';
import { openStoredObjects } from '../objects/open-objects.js';
import type { S3Connection } from '../objects/s3-objects.js';
import { isInS3 } from '../objects/s3-place.js';
import { inStorage } from '../objects/storage-fault.js';
import { CARD_BYTES, CARD_FILE, readModelFiles, type SavedModel } from './saved-model.js';
import { deletedDigest } from './version-numbers.js';

/** What became of a publication; `published` also where an interrupted one was completed. */
export type Publication = 'published' | 'already there';

/**
 * Copies a version of a model to a place that services serve, whole or not at all. A publication that was
 * interrupted is not seen; publishing the same model again completes it.
 * @param place a folder, or `s3://bucket/prefix`, that holds `<name>/<version>/`
 * @throws InputError when the files of the model are damaged, or the place has, or had and deleted, another model of
 *   this name and version; StorageError when S3 fails; Error of the file system
 * @example
 * const model = await findModel('models/tang');
 * await publishModel(model, 's3://lab/models', { endpoint: undefined, region: 'eu-central-1' });
 */
export async function publishModel(
  model: SavedModel,
  place: string,
  connection: S3Connection,
): Promise<Publication> {
  const files = await readModelFiles(model);
  const objects = await openStoredObjects(place, place, connection);
  if (!isInS3(place)) {
    await checkNotDeleted(objects, model);
    return await publishToFolder(model, files, place);
  }
  return await inStorage('the model cannot be published', async () => {
    const { name, version } = model.card;
    await checkNotDeleted(objects, model);
    const target = objects.within(name).within(String(version));
    const found = await target.read(CARD_FILE, CARD_BYTES);
    if (found) checkSameCard(found.content, model, target.place);
    let isNew = false;
    // The card is the last of the files.
    for (const [file, content] of files) {
      isNew = (await putOnce(target, file, content, model)) || isNew;
    }
    return isNew ? 'published' : 'already there';
  });
}

/** @throws InputError when another model of this name and version was deleted */
async function checkNotDeleted(objects: ObjectStore, { card, digest }: SavedModel): Promise<void> {
  const { name, version } = card;
  const deleted = await deletedDigest(objects.within(name), version);
  if (deleted === undefined || deleted === digest) return;
  throw new InputError(
    `another model ${name}/${version} was deleted at ${objects.place}; ` +
      'expected a number that no other model had: publish this one as another version',
  );
}

/** A folder gets its name when it is whole, since services list the folders of versions. */
async function publishToFolder(
  model: SavedModel,
  files: ReadonlyMap<string, Buffer>,
  place: string,
): Promise<Publication> {
  const { name, version } = model.card;
  const versions = path.join(place, name);
  const folder = path.join(versions, String(version));
  // A folder that is missing may be that of a disk that is not mounted.
  await access(place);
  if (await isPublished(model, files, folder)) return 'already there';
  await makeFolder(versions);
  await removeAbandoned(versions);
  const partial = temporaryFor(folder);
  await makeFolder(partial);
  try {
    for (const [file, content] of files) await writeFile(path.join(partial, file), content);
    await syncFolder(partial);
    await rename(partial, folder);
    return 'published';
  } catch (error) {
    // Another process has been faster.
    const isThere = hasCode(error, 'ENOTEMPTY', 'EEXIST');
    if (isThere && (await isPublished(model, files, folder))) return 'already there';
    throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Removes what publications left that were killed long ago. */
async function removeAbandoned(versions: string): Promise<void> {
  for (const name of (await readdir(versions)).filter(isTemporary)) {
    const partial = path.join(versions, name);
    const found = await stat(partial).catch(unless('ENOENT'));
    if (found === undefined || Date.now() - found.mtimeMs < ABANDONED_MS) continue;
    await rm(partial, { recursive: true, force: true });
  }
}

/** @throws InputError when there is another model in the folder */
async function isPublished(
  model: SavedModel,
  files: ReadonlyMap<string, Buffer>,
  folder: string,
): Promise<boolean> {
  const target = createFolderObjects(folder);
  const found = await target.read(CARD_FILE, CARD_BYTES);
  if (found === undefined) return false;
  checkSameCard(found.content, model, folder);
  for (const [file, content] of files) {
    if (!(await isSame(target, file, content))) throw differs(path.join(folder, file), model);
  }
  return true;
}

/**
 * Writes a file, unless it is there.
 * @returns whether it was written
 * @throws InputError when another file is there
 */
async function putOnce(
  target: ObjectStore,
  file: string,
  content: Buffer,
  model: SavedModel,
): Promise<boolean> {
  if ((await target.stat(file)) === undefined) {
    if (await target.put(file, content, { ifAbsent: true })) return true;
  }
  if (await isSame(target, file, content)) return false;
  const card = await target.read(CARD_FILE, CARD_BYTES);
  if (card) checkSameCard(card.content, model, target.place);
  throw differs(`${target.place}/${file}`, model);
}

async function isSame(target: ObjectStore, file: string, content: Buffer): Promise<boolean> {
  const found = await target.stat(file);
  if (found?.bytes !== content.length) return false;
  const there = found.sha256 ?? (await hashOf(target, file, content.length));
  return there === (await sha256InSlices(content));
}

async function hashOf(target: ObjectStore, file: string, most: number) {
  const found = await target.read(file, most);
  return found && sha256InSlices(found.content);
}

/** @throws InputError when the card is not that of the model */
function checkSameCard(card: Buffer, { card: { name, version }, digest }: SavedModel, at: string) {
  const found = sha256(card);
  if (found === digest) return;
  throw new InputError(
    `another model ${name}/${version} is published at ${at}, with the digest ${found}; ` +
      `expected ${digest}, or none: publish this one as another version`,
  );
}

function differs(file: string, { card: { name, version } }: SavedModel): InputError {
  return new InputError(
    `another file is at ${file}; expected that of ${name}/${version}, or none: ` +
      'delete it, or publish this model as another version',
  );
}
