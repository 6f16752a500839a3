import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';
import { unless } from '../../src/files/disk-error.js';
import { syncFolder, temporaryFor } from '../../src/files/whole-file.js';

/**
 * Makes a folder, whole or not at all.
 * @param folder must not exist, or have nothing in it
 * @param write fills a folder that becomes this one
 * @throws InputError where there is something already
 */
export async function writeWholeFolder<Result>(
  folder: string,
  write: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const temporary = temporaryFor(path.resolve(folder));
  await mkdir(temporary, { recursive: true });
  try {
    const result = await write(temporary);
    await syncFolder(temporary);
    await place(temporary, folder);
    await syncFolder(folder); // its new name
    return result;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** An empty folder is replaced. */
async function place(temporary: string, folder: string): Promise<void> {
  const placed = await rename(temporary, folder).then(
    () => true,
    unless('ENOTEMPTY', 'EEXIST', 'ENOTDIR'),
  );
  if (placed !== true) {
    throw new InputError(`${folder} is there already; expected a new folder: give another --out`);
  }
}
