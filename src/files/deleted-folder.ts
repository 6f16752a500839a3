import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { unless } from './disk-error.js';

/** Of a folder that is being deleted; no name of a digest or of a version begins so. */
const PREFIX = '.deleting-';

/**
 * Deletes a folder and everything in it. It renames the folder first, so that no reader finds a half-deleted folder under that name.
 * @returns whether it was there
 * @throws Error of the file system
 */
export async function deleteFolder(folder: string): Promise<boolean> {
  const doomed = path.join(path.dirname(folder), `${PREFIX}${randomUUID()}`);
  const renamed = await rename(folder, doomed).then(() => true, unless('ENOENT'));
  if (renamed === undefined) return false;
  await rm(doomed, { recursive: true, force: true });
  return true;
}

/**
 * Deletes what a process left in a folder that was killed while it deleted. Another may be deleting the same, which
 * does no harm.
 * @throws Error of the file system
 */
export async function finishDeleting(folder: string): Promise<void> {
  const names = (await readdir(folder).catch(unless('ENOENT'))) ?? [];
  for (const name of names.filter((each) => each.startsWith(PREFIX))) {
    await rm(path.join(folder, name), { recursive: true, force: true });
  }
}
