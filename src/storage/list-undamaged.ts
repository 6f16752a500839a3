import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { DataDigest } from '../datasets/recording.js';
import { DamagedError } from '../errors.js';
import { unless } from '../files/disk-error.js';
import { unlessDamaged } from './unless-damaged.js';

/** Reports that what is in a folder is left out of a list. */
export type ReportDamage = (folder: string, err: DamagedError) => void;

/** Returns what logs such a folder once, and again where the reason is another one. */
export function logDamageOnce(logger: Pick<Logger, 'warn'>): ReportDamage {
  const logged = new Map<string, string>();
  return (folder, err) => {
    if (logged.get(folder) === err.message) return;
    logged.set(folder, err.message);
    logger.warn({ folder, err }, 'damaged, and left out of the list');
  };
}

/** Names in a folder that are digests; none where there is no folder. @throws Error of the file system */
export async function listDigests(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(unless('ENOENT'))) ?? [];
  return names.filter((name) => DataDigest.safeParse(name).success);
}

/**
 * Finds what a folder has by digest, without what is damaged.
 * @param find returns undefined where what describes it is missing
 * @throws what `find` throws, other than DamagedError
 */
export async function listUndamaged<T>(
  folder: string,
  find: (digest: string) => Promise<T | undefined>,
  report: ReportDamage,
): Promise<T[]> {
  const digests = await listDigests(folder);
  const found = await Promise.all(digests.map(findOne));
  return found.filter((each) => each !== undefined);

  async function findOne(digest: string): Promise<T | undefined> {
    const place = path.join(folder, digest);
    try {
      const one = await find(digest);
      if (one !== undefined) return one;
      // It may have been deleted since the folder was read.
      const isThere = await stat(place).then(() => true, unless('ENOENT'));
      if (isThere) report(place, new DamagedError(`what describes ${digest} is missing`));
    } catch (error) {
      unlessDamaged(error);
      report(place, error as DamagedError);
    }
    return undefined;
  }
}
