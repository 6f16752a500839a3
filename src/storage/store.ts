import { lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { DiskError } from '../errors.js';
import { onDisk } from '../files/disk-error.js';
import { makeFolder } from '../files/make-folder.js';
import { isTemporary, temporaryFor, writeWhole } from '../files/whole-file.js';
import { openResponseCache, type ResponseCache } from './response-cache.js';
import { createStimulusSets, type StimulusSets } from './stimulus-sets.js';

/** What the service keeps on disk. */
export interface Store {
  /** Why it could not be written when it was opened, where that was so. */
  readonly unwritable?: string | undefined;
  readonly sets: StimulusSets;
  readonly responses: ResponseCache;
}

export interface StoreOptions {
  readonly folder: string;
  /** Bytes that stimulus sets may take. */
  readonly setsCapacity: number;
  /** Bytes that cached responses may take. */
  readonly cacheCapacity: number;
  readonly logger: Logger;
}

/** Milliseconds after which an unfinished file is abandoned. */
const ABANDONED = 3_600_000;
/** Names in a line of the log. */
const MAX_NAMED = 10;

/** Returns the folder of stimulus sets in the folder of the store. */
export function setsFolder(folder: string): string {
  return path.join(folder, 'stimulus-sets');
}

/**
 * Opens the store in a folder, which is made where it is not there. Where it cannot be written, what
 * is stored there can still be read.
 * @throws Error from the file system when there is no such folder, or it cannot be read
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { folder, setsCapacity, cacheCapacity, logger } = options;
  const [sets, responses] = [setsFolder(folder), path.join(folder, 'responses')];
  let unwritable: string | undefined;
  for (const each of [sets, responses]) {
    await makeFolder(each);
    await removeAbandoned(each, logger);
    unwritable ??= await whyUnwritable(each);
  }
  if (unwritable !== undefined) logger.warn(unwritable);
  return {
    unwritable,
    sets: createStimulusSets(sets, setsCapacity),
    responses: await openResponseCache({
      folder: responses,
      capacity: cacheCapacity,
      logger,
    }),
  };
}

/**
 * Removes what a process that was killed left half written; another's that still writes is younger.
 * What else is there that the service did not put there is left alone, and logged.
 */
export async function removeAbandoned(folder: string, logger: Logger): Promise<void> {
  const others: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (!entry.isFile()) others.push(entry.name);
    else if (isTemporary(entry.name) && (await fileAge(file)) > ABANDONED) {
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
async function whyUnwritable(folder: string): Promise<string | undefined> {
  const file = temporaryFor(path.join(folder, 'check'));
  try {
    await onDisk('DATA_DIR cannot be written', async () => {
      await writeWhole(file, 'x');
      await rm(file, { force: true });
    });
    return undefined;
  } catch (error) {
    if (error instanceof DiskError) return `nothing can be added: ${error.reason}`;
    throw error;
  }
}
