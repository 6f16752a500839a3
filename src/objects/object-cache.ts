import type { Stats } from 'node:fs';
import { readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { DamagedError, InputError } from '../errors.js';
import { hasCode, isSystemError, unless } from '../files/disk-error.js';
import { makeFolder } from '../files/make-folder.js';
import {
  ABANDONED_MS,
  isTemporary,
  readWhole,
  roomFor,
  sha256InSlices,
  temporaryFor,
  writeWhole,
} from '../files/whole-file.js';

/** Copies of objects on the local disk, by the sha256 of their content. */
export interface ObjectCache {
  /**
   * Reads an object, from the disk if there is an undamaged copy.
   * @param sha256 of its content
   * @param fetch reads it from its store; its copy is kept
   * @returns what `fetch` returns: undefined when there is none
   * @throws DamagedError when what `fetch` returns has another sha256
   */
  read(sha256: string, fetch: () => Promise<Buffer | undefined>): Promise<Buffer | undefined>;
  /**
   * Returns a folder of files that belong together, which is written whole or not at all.
   * @param sha256 that names its content
   * @throws InputError when there is no room for it, or it cannot be written
   */
  folder(sha256: string, files: FolderFiles): Promise<string>;
}

/** The files of a folder that is kept. */
export interface FolderFiles {
  /** Whether a folder of before is undamaged. */
  readonly isWhole: (folder: string) => Promise<boolean>;
  /** Reads the files from their store, by their paths in the folder. */
  readonly fetch: () => Promise<ReadonlyMap<string, Buffer>>;
}

export interface ObjectCacheOptions {
  readonly folder: string;
  /** Bytes; 0: nothing is kept. */
  readonly capacity: number;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Of a file; larger ones are not kept. */
const MAX_BYTES = 2 ** 31 - 1;
const DAMAGED = 'a cached object is damaged; it is read from the store again';
/** Of a file, or of a folder. */
const NAME = /^[0-9a-f]{64}(\.files)?$/;

/**
 * Keeps copies in a folder. When it is full, the copies that were used least recently are deleted. Several
 * processes may share the folder. A disk that is full or cannot be written is logged once, and all objects are
 * read from the store.
 */
export function createObjectCache({ folder, capacity, logger }: ObjectCacheOptions): ObjectCache {
  const reported = new Set<string>();
  return {
    async read(sha256, fetch) {
      const kept = await find(sha256);
      if (kept) return kept;
      const content = await fetch();
      if (content === undefined) return content;
      if ((await sha256InSlices(content)) !== sha256) {
        throw new DamagedError(`the stored object with the sha256 ${sha256} is damaged`);
      }
      await keep(sha256, content);
      return content;
    },

    async folder(sha256, { isWhole, fetch }) {
      const place = path.join(folder, `${sha256}.files`);
      if (await isThere(place)) {
        if (await isWhole(place)) {
          await markUsed(place);
          return place;
        }
        logger.warn({ folder: place }, DAMAGED);
        await remove(place);
      }
      const files = await fetch();
      const bytes = [...files.values()].reduce((sum, { length }) => sum + roomFor(length), 0);
      if (bytes > capacity) {
        throw new InputError(
          `its files take ${bytes} bytes; expected at most STORAGE_CACHE_CAPACITY=${capacity}`,
        );
      }
      try {
        await makeFolder(folder);
        await makeRoom(bytes);
        await writeFolder(place, files);
      } catch (cause) {
        if (!isSystemError(cause)) throw cause;
        throw new InputError(`its files cannot be written to ${folder}: ${cause.code}`, [], {
          cause,
        });
      }
      return place;
    },
  };

  async function find(sha256: string): Promise<Buffer | undefined> {
    const file = path.join(folder, sha256);
    try {
      const content = await readWhole(file, MAX_BYTES);
      if ((await sha256InSlices(content)) !== sha256) {
        logger.warn({ file }, DAMAGED);
        await rm(file, { force: true });
        return undefined;
      }
      await markUsed(file);
      return content;
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) report(error);
      return undefined;
    }
  }

  async function keep(sha256: string, content: Uint8Array): Promise<void> {
    if (roomFor(content.length) > capacity) return;
    try {
      await makeFolder(folder);
      await makeRoom(roomFor(content.length));
      await writeWhole(path.join(folder, sha256), content);
    } catch (error) {
      report(error);
    }
  }

  /** Removes the least recently used files, also those of other processes, until so many bytes are free. */
  async function makeRoom(wanted: number): Promise<void> {
    const files: { file: string; bytes: number; used: number }[] = [];
    for (const name of await readdir(folder)) {
      const file = path.join(folder, name);
      const found = await stat(file).catch(() => undefined);
      if (found === undefined) continue;
      const isAbandoned = isTemporary(name) && Date.now() - found.mtimeMs > ABANDONED_MS;
      if (isAbandoned) await remove(file);
      else if (NAME.test(name)) {
        files.push({ file, bytes: await roomTaken(file, found), used: found.mtimeMs });
      }
    }
    let free = capacity - files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { file, bytes } of files.toSorted((a, b) => a.used - b.used)) {
      if (free >= wanted) return;
      await remove(file);
      free += bytes;
    }
  }

  /** Logs an error of the disk the first time that it occurs. @throws any other error */
  function report(error: unknown): void {
    if (!(isSystemError(error) || error instanceof InputError)) throw error;
    const code = 'code' in error ? String(error.code) : '';
    if (reported.has(code)) return;
    reported.add(code);
    logger.warn(
      { err: error, folder },
      'the cache of objects cannot be used; they are read from their store',
    );
  }
}

/** The time of a file says when it was last used. A disk that has become read-only keeps the times of before. */
async function markUsed(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
}

/** Writes a folder next to its place, then gives it its name, unless another process has been faster. */
async function writeFolder(place: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  const temporary = temporaryFor(place);
  try {
    for (const [name, content] of files) {
      const file = path.join(temporary, name);
      await makeFolder(path.dirname(file));
      await writeFile(file, content, { flush: true });
    }
    await rename(temporary, place).catch(unless('ENOTEMPTY', 'EEXIST'));
  } finally {
    await remove(temporary);
  }
}

/** Bytes that a file, or the files of a folder, take on the disk. */
async function roomTaken(place: string, found: Stats): Promise<number> {
  if (!found.isDirectory()) return roomFor(found.size);
  let bytes = 0;
  for (const entry of await readdir(place, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = await stat(path.join(entry.parentPath, entry.name)).catch(() => undefined);
    bytes += roomFor(file?.size ?? 0);
  }
  return bytes;
}

async function isThere(place: string): Promise<boolean> {
  return (await stat(place).catch(unless('ENOENT', 'ENOTDIR'))) !== undefined;
}

async function remove(place: string): Promise<void> {
  await rm(place, { recursive: true, force: true });
}
