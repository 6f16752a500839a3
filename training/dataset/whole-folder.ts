import { rmSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';
import { EXIT_CODES } from '../../src/exit-codes.js';
import { unless } from '../../src/files/disk-error.js';
import { createStaleCheck, readLock, tryLock } from '../../src/files/lock.js';
import { ABANDONED_MS, isTemporary, syncFolder, temporaryFor } from '../../src/files/whole-file.js';
import type { Signals } from '../run/interruption.js';

/** The file of an unfinished folder that names the process that writes it. */
const LOCK = '.lock';

/**
 * Makes a folder, whole or not at all. What a process left that was killed while it wrote the same folder is removed.
 * @param folder must not exist, or have nothing in it
 * @param write fills a folder that becomes this one
 * @param signals of this process: SIGINT and SIGTERM remove what is unfinished and end it
 * @throws InputError where there is something already
 */
export async function writeWholeFolder<Result>(
  folder: string,
  write: (temporary: string) => Promise<Result>,
  signals?: Signals,
): Promise<Result> {
  await removeAbandoned(path.resolve(folder));
  const temporary = temporaryFor(path.resolve(folder));
  const stop = () => {
    rmSync(temporary, { recursive: true, force: true });
    signals?.exit(EXIT_CODES.interrupted);
  };
  await mkdir(temporary, { recursive: true });
  signals?.on('SIGINT', stop);
  signals?.on('SIGTERM', stop);
  try {
    const lock = path.join(temporary, LOCK);
    await tryLock(lock, () => false);
    const result = await write(temporary);
    await rm(lock, { force: true });
    await syncFolder(temporary);
    await place(temporary, folder);
    await syncFolder(folder); // its new name
    return result;
  } finally {
    signals?.off('SIGINT', stop);
    signals?.off('SIGTERM', stop);
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Removes unfinished folders whose process has ended; where that is unknown, those that are an hour old. */
async function removeAbandoned(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  const length = path.basename(temporaryFor(folder)).length;
  for (const name of (await readdir(parent).catch(unless('ENOENT'))) ?? []) {
    const isOwn = name.startsWith(`${path.basename(folder)}.`) && name.length === length;
    if (!isOwn || !isTemporary(name)) continue;
    const unfinished = path.join(parent, name);
    const lock = await readLock(path.join(unfinished, LOCK));
    const hasEnded = createStaleCheck(ABANDONED_MS, () => performance.now());
    const found = await stat(unfinished).catch(unless('ENOENT'));
    const isOld = found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS;
    const isAbandoned = lock?.holder === undefined ? isOld : await hasEnded(lock);
    if (isAbandoned) await rm(unfinished, { recursive: true, force: true });
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
