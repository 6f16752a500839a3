import { readdir } from 'node:fs/promises';
import type { ObjectStore } from '../objects/object-store.js';

/** In the folder of a model, what is kept of its deleted versions: a file for each, with the digest of its card. */
const DELETED = '.deleted';
const DIGEST_BYTES = 64;

/** Whether a name is that of a version. */
export function isVersion(name: string): boolean {
  return /^[1-9]\d{0,8}$/.test(name);
}

/**
 * The version numbers saved under `models/<name>`, in no order; links among them, wherever they lead:
 * to read one that leads nowhere says so.
 */
export async function versionsIn(modelFolder: string): Promise<number[]> {
  const entries = await readdir(modelFolder, { withFileTypes: true });
  return entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && isVersion(entry.name))
    .map((entry) => Number(entry.name));
}

/**
 * The highest number that a version of a model has or had; 0 where there was none.
 * @param saved the numbers that are there, read before this is called: a version is marked, then deleted
 * @param model the objects of `<name>/`
 */
export async function lastVersion(saved: readonly number[], model: ObjectStore): Promise<number> {
  let last = saved.reduce((most, version) => Math.max(most, version), 0);
  for await (const { key } of model.within(DELETED).list()) {
    if (isVersion(key)) last = Math.max(last, Number(key));
  }
  return last;
}

/**
 * Keeps the number of a version from other models, before it is deleted.
 * @param digest of its card; empty where it has none
 */
export async function markDeleted(
  model: ObjectStore,
  version: number,
  digest: string,
): Promise<void> {
  // The first mark stays: a second deletion at the same time may find no card.
  await model.within(DELETED).put(String(version), Buffer.from(digest), { ifAbsent: true });
}

/** The digest of a version that was marked as deleted; undefined where none of that number was. */
export async function deletedDigest(
  model: ObjectStore,
  version: number,
): Promise<string | undefined> {
  const found = await model.within(DELETED).read(String(version), DIGEST_BYTES);
  return found?.content.toString();
}
