import { lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { InputError, messageOf } from '../errors.js';
import { diskError, isSystemError } from '../files/disk-error.js';
import { isTemporary, readWhole } from '../files/whole-file.js';
import { parseAs } from '../formats/json.js';
import { damagedRecord, isOver, JobId, JobRecord } from './record.js';

/** Bytes; a larger file is not a record. */
const MAX_BYTES = 2 ** 20;
/** Names in a line of the log. */
const MAX_NAMED = 10;
/** Hidden: the lock on the folder. */
const HIDDEN = '.';

/** Where the parts of a job are in a folder of jobs. */
export const placesIn = (folder: string) => ({
  record: (id: string) => path.join(folder, `${id}.json`),
  /** A file that reserves room on the disk for the last version of the record. */
  reserve: (id: string) => path.join(folder, `${id}.reserve`),
  /** The folder with the files of the result. */
  result: (id: string) => path.join(folder, id),
  /** The steps that an unfinished job has done. */
  steps: (id: string) => path.join(folder, `${id}.steps`),
  /** The folder in which an unfinished job keeps files of its own. */
  work: (id: string) => path.join(folder, `${id}.work`),
});

/**
 * Reads all records of a folder of jobs, and deletes what a killed process left there. No entry stops it: a
 * record that cannot be read is listed as corrupted, and a file that the service did not put there is left
 * alone; both are logged.
 * @throws Error from the file system when the folder itself cannot be read
 */
export async function readJobFolder(folder: string, logger: Logger): Promise<JobRecord[]> {
  const places = placesIn(folder);
  const records = new Map<string, JobRecord>();
  const damaged = new Set<string>();
  const entries = await readdir(folder, { withFileTypes: true });
  for (const { name } of entries) {
    const id = idIn(name, '.json');
    if (id !== undefined) records.set(id, await readRecord(id));
  }
  const unknown: string[] = [];
  for (const entry of entries) {
    const { name } = entry;
    const jobId = idIn(name, '.reserve') ?? idIn(name, '.steps') ?? idIn(name, '.work');
    if (JobId.safeParse(name).success && entry.isDirectory()) await sweepResult(name);
    else if (jobId !== undefined) {
      const owner = records.get(jobId);
      if (owner === undefined || isOver(owner)) await clear(path.join(folder, name));
    } else if (isTemporary(name) && entry.isFile()) await clear(path.join(folder, name));
    else if (idIn(name, '.json') === undefined && !name.startsWith(HIDDEN)) unknown.push(name);
  }
  if (unknown.length > 0) {
    const names = unknown.slice(0, MAX_NAMED);
    logger.warn(
      { folder, entries: unknown.length, names },
      'entries that belong to no job are left alone',
    );
  }
  return [...records.values()];

  async function readRecord(id: string): Promise<JobRecord> {
    const file = places.record(id);
    try {
      const record = parseAs(JobRecord, parseRecord(await readWhole(file, MAX_BYTES)), 'record');
      if (record.id === id) return record;
      throw new InputError(`it is the record of job ${record.id}`);
    } catch (error) {
      logger.error({ job: id, err: error }, 'the record of a job is damaged');
      damaged.add(id);
      const found = await lstat(file).catch(() => undefined);
      return damagedRecord(id, whyDamaged(error), found?.mtime ?? new Date(0));
    }
  }

  /** Deletes a result that no job has, and files that were written only in part. */
  async function sweepResult(id: string): Promise<void> {
    if (damaged.has(id)) return;
    const record = records.get(id);
    if (record?.state !== 'succeeded') return clear(places.result(id));
    const names = await readdir(places.result(id)).catch(() => []);
    for (const name of names) {
      if (isTemporary(name)) await clear(path.join(places.result(id), name));
    }
  }

  async function clear(name: string): Promise<void> {
    await rm(name, { recursive: true, force: true }).catch((err: unknown) =>
      logger.warn({ err }, 'a file that belongs to no job cannot be deleted'),
    );
  }
}

function idIn(name: string, ending: string): string | undefined {
  if (!name.endsWith(ending)) return undefined;
  return JobId.safeParse(name.slice(0, -ending.length)).data;
}

function parseRecord(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (cause) {
    throw new InputError('it is not JSON', [], { cause });
  }
}

function whyDamaged(error: unknown): string {
  if (isSystemError(error)) return diskError('', error).reason;
  return messageOf(error);
}
