import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { writeWhole } from '../whole-file.js';
import { unless } from './errors.js';
import { openResponseCache, type ResponseCache } from './response-cache.js';
import { createStimulusSets, type StimulusSets } from './stimulus-sets.js';

/** What the service keeps on disk. */
export interface Store {
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

/** Milliseconds after which a file that was never finished is nobody's any more. */
const ABANDONED = 3_600_000;

/**
 * Opens the store in a folder, which is made where it is not there.
 * @throws Error from the file system when the folder cannot be written
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { folder, setsCapacity, cacheCapacity, logger } = options;
  const [setsFolder, responsesFolder] = ['stimulus-sets', 'responses'].map((name) =>
    path.join(folder, name),
  ) as [string, string];
  for (const each of [setsFolder, responsesFolder]) {
    await makeFolder(each);
    await removeAbandoned(each);
    await proveWritable(each);
  }
  return {
    sets: createStimulusSets(setsFolder, setsCapacity),
    responses: await openResponseCache({
      folder: responsesFolder,
      capacity: cacheCapacity,
      logger,
    }),
  };
}

/** With those above it; mkdir's own way of doing so never ends where nothing can be made, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  if (await stat(folder).catch(unless('ENOENT'))) return;
  await makeFolder(path.dirname(folder));
  await mkdir(folder).catch(unless('EEXIST'));
}

/** What a process that was killed left half written; another's that still writes is younger. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.writing')) continue;
    const file = path.join(folder, name);
    const age = Date.now() - ((await stat(file).catch(() => undefined))?.mtimeMs ?? 0);
    if (age > ABANDONED) await rm(file, { force: true });
  }
}

/** By writing: permissions alone do not tell of a full or a read-only disk. */
async function proveWritable(folder: string): Promise<void> {
  const file = path.join(folder, '.writable');
  await writeWhole(file, 'x');
  await rm(file, { force: true });
}
