import { lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { DiskError, StorageError } from '../errors.js';
import { isSystemError } from '../files/disk-error.js';
import { makeFolder } from '../files/make-folder.js';
import { ABANDONED_MS, isTemporary, temporaryFor } from '../files/whole-file.js';
import { createFolderObjects } from '../objects/folder-objects.js';
import type { ObjectStore } from '../objects/object-store.js';
import { inStorage } from '../objects/storage-fault.js';
import { openResponseCache, type ResponseCache } from './response-cache.js';
import { createStimulusSets, type StimulusSets } from './stimulus-sets.js';

/** What the service stores of stimuli. */
export interface Store {
  /** Why nothing could be added when it was opened, where that was so. */
  readonly unwritable?: string | undefined;
  readonly sets: StimulusSets;
  readonly responses: ResponseCache;
}

export interface StoreOptions {
  /** Bytes that stimulus sets may take. */
  readonly setsCapacity: number;
  /** Bytes that cached responses may take. */
  readonly cacheCapacity: number;
  readonly logger: Logger;
}

/** Names in a line of the log. */
const MAX_NAMED = 10;

/** Where stimulus sets are in the place of the store. */
export const SETS = 'stimulus-sets';
const RESPONSES = 'responses';

/**
 * Opens the store in a folder, which is made where it is not there. Where it cannot be written, what
 * is stored there can still be read.
 * @throws Error from the file system when there is no such folder, or it cannot be read
 */
export async function openStore(
  options: StoreOptions & { readonly folder: string },
): Promise<Store> {
  const { folder, setsCapacity, cacheCapacity, logger } = options;
  const [sets, responses] = [path.join(folder, SETS), path.join(folder, RESPONSES)];
  let unwritable: string | undefined;
  for (const each of [sets, responses]) {
    await makeFolder(each);
    await removeAbandoned(each, logger);
    unwritable ??= await whyUnwritable(createFolderObjects(each));
  }
  if (unwritable !== undefined) logger.warn(unwritable);
  return {
    unwritable,
    sets: createStimulusSets(createFolderObjects(sets), setsCapacity),
    responses: await openResponseCache({ folder: responses, capacity: cacheCapacity, logger }),
  };
}

/**
 * Opens the store of services that share S3. The sets are there; cached responses are on the local disk, as far
 * as it can be used. S3 may be away: each call asks for it again.
 * @param objects of the whole store
 * @param folder for cached responses
 */
export async function openSharedStore(
  options: StoreOptions & { readonly objects: ObjectStore; readonly folder: string },
): Promise<Store> {
  const { objects, folder, setsCapacity, cacheCapacity, logger } = options;
  const sets = objects.within(SETS);
  const unwritable = await whyUnwritable(sets);
  if (unwritable !== undefined) logger.warn(unwritable);
  const responses = path.join(folder, RESPONSES);
  try {
    await makeFolder(responses);
    await removeAbandoned(responses, logger);
    return {
      unwritable,
      sets: createStimulusSets(sets, setsCapacity),
      responses: await openResponseCache({ folder: responses, capacity: cacheCapacity, logger }),
    };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    logger.warn({ err: error, folder: responses }, 'no responses can be cached');
    return { unwritable, sets: createStimulusSets(sets, setsCapacity), responses: NO_CACHE };
  }
}

const NO_CACHE: ResponseCache = {
  bytes: 0,
  read: async () => new Map(),
  write: async () => undefined,
};

/**
 * Removes what a process that was killed left half written; another's that still writes is younger.
 * What else is there that the service did not put there is left alone, and logged.
 */
export async function removeAbandoned(folder: string, logger: Logger): Promise<void> {
  const others: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (!entry.isFile()) others.push(entry.name);
    else if (isTemporary(entry.name) && (await fileAge(file)) > ABANDONED_MS) {
      await rm(file, { force: true }).catch((err: unknown) =>
        logger.warn({ err }, 'a file that was never finished cannot be removed'),
      );
    }
  }
  if (others.length === 0) return;
  const names = others.slice(0, MAX_NAMED);
  logger.warn(
    { folder, entries: others.length, names },
    'entries that are no files are left alone',
  );
}

/** Milliseconds since a file was last written. */
async function fileAge(file: string): Promise<number> {
  const found = await lstat(file).catch(() => undefined);
  return found === undefined ? 0 : Date.now() - found.mtimeMs;
}

/** By writing: permissions alone do not show a full or a read-only disk. */
async function whyUnwritable(objects: ObjectStore): Promise<string | undefined> {
  try {
    await inStorage('DATA_DIR cannot be written', async () => {
      // Services that start at the same time do not remove each other's.
      const key = path.basename(temporaryFor('check'));
      await objects.put(key, Buffer.from('x'));
      await objects.remove(key);
    });
    return undefined;
  } catch (error) {
    if (error instanceof DiskError || error instanceof StorageError) {
      return `nothing can be added: ${error.reason}`;
    }
    throw error;
  }
}
