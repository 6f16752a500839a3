import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { InputError, ResultDamagedError } from '../errors.js';
import { hasCode, isSystemError, onDisk } from '../files/disk-error.js';
import { readWhole, sha256, writeWhole } from '../files/whole-file.js';
import { placesIn, readJobFolder } from './job-folder.js';
import { isOver, type JobRecord, type Part, PartName } from './record.js';

/** One file of a result. */
export interface ResultFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Jobs on disk: `{id}.json`, and the files of a result in `{id}/`. */
export interface JobFiles {
  /** Those that were there when the folder was opened. */
  readonly found: readonly JobRecord[];
  /**
   * Saves a new record, and reserves room for its last version.
   * @throws DiskError
   */
  create(record: JobRecord): Promise<void>;
  /**
   * Saves a changed record; that of a job that is over also on a full disk.
   * @throws DiskError
   */
  save(record: JobRecord): Promise<void>;
  /**
   * @throws ResultDamagedError when it is not what was written
   * @throws DiskError when the disk cannot be read
   */
  readPart(id: string, part: Part): Promise<Uint8Array<ArrayBuffer>>;
  /** Deletes a result, and what an unfinished job has saved. @throws DiskError */
  dropResult(id: string): Promise<void>;
  /** @throws DiskError */
  dropSteps(id: string): Promise<void>;
  /** @throws DiskError */
  remove(id: string): Promise<void>;
}

/** Bytes by which a record may grow until its job is over; they are reserved, in case the disk becomes full. */
const GROWTH = 4096;

/**
 * Opens the folder of one service's jobs, made where it is not there.
 * @throws Error from the file system when there is no such folder, or it cannot be read
 */
export async function openJobFiles(folder: string, logger: Logger): Promise<JobFiles> {
  await mkdir(folder, { recursive: true });
  const places = placesIn(folder);
  return {
    found: await readJobFolder(folder, logger),
    create: (record) =>
      onDisk('the job cannot be saved', async () => {
        try {
          const text = JSON.stringify(record);
          const reserve = ' '.repeat(GROWTH + Buffer.byteLength(text));
          await writeWhole(places.reserve(record.id), reserve);
          await writeWhole(places.record(record.id), text);
        } catch (error) {
          await removeAll(record.id).catch(() => undefined);
          throw error;
        }
      }),
    save: (record) => onDisk('the state of the job cannot be saved', () => save(record)),
    readPart: createPartReader(folder),
    dropResult: (id) => dropJobFiles(folder, id),
    dropSteps: (id) => dropSavedSteps(folder, id),
    remove: (id) => onDisk('the job cannot be deleted', () => removeAll(id)),
  };

  async function save(record: JobRecord): Promise<void> {
    const { id } = record;
    const text = JSON.stringify(record);
    try {
      await writeWhole(places.record(id), text);
    } catch (error) {
      if (!isOver(record)) throw error;
      await useReserve(id, text).catch(() => {
        throw error;
      });
    }
    if (isOver(record)) await drop(places.reserve(id));
  }

  /** Writes into the reserved room, then renames that to the record: neither needs more room. */
  async function useReserve(id: string, text: string): Promise<void> {
    const handle = await open(places.reserve(id), 'r+');
    try {
      const { size } = await handle.stat();
      if (Buffer.byteLength(text) > size) throw new Error('the record is larger than its reserve');
      const bytes = Buffer.alloc(size, ' ');
      bytes.write(text);
      await handle.write(bytes, 0, size, 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(places.reserve(id), places.record(id));
  }

  async function removeAll(id: string): Promise<void> {
    await drop(places.record(id)); // first: without it the rest belongs to no job
    await drop(places.reserve(id));
    await dropJobFiles(folder, id);
  }
}

/** Deletes the saved steps of a job, and its folder for files of its own. @throws DiskError */
export function dropSavedSteps(folder: string, id: string): Promise<void> {
  return onDisk('the steps cannot be deleted', () => dropUnfinished(folder, id));
}

async function dropUnfinished(folder: string, id: string): Promise<void> {
  await drop(placesIn(folder).steps(id));
  await drop(placesIn(folder).work(id));
}

/** Deletes the result and the saved steps of a job. @throws DiskError */
export function dropJobFiles(folder: string, id: string): Promise<void> {
  const places = placesIn(folder);
  return onDisk('the result cannot be deleted', async () => {
    await drop(places.result(id));
    await dropUnfinished(folder, id);
  });
}

/**
 * Reads the files of results in a folder of jobs.
 * @returns as `Jobs.readPart`
 */
export function createPartReader(folder: string): JobFiles['readPart'] {
  const places = placesIn(folder);
  return (id, part) =>
    onDisk(`${part.name} cannot be read`, async () => {
      const file = path.join(places.result(id), part.name);
      const bytes = await readWhole(file, part.bytes).catch(async (cause: unknown) => {
        if (isSystemError(cause) && !hasCode(cause, ...GONE)) throw cause;
        if (!(isSystemError(cause) || cause instanceof InputError)) throw cause;
        await stat(folder); // a missing folder means that the disk is not there, not that the result is damaged
        throw new ResultDamagedError(`${part.name} of job ${id} cannot be read`, { cause });
      });
      if (sha256(bytes) === part.sha256) return new Uint8Array(bytes);
      throw new ResultDamagedError(`${part.name} of job ${id} is damaged`);
    });
}

/**
 * Writes the files of a result into the folder of jobs. It counts only once the record that names it has been
 * saved.
 * @param folder of all jobs
 * @throws DiskError
 */
export function writeResult(
  folder: string,
  id: string,
  files: readonly ResultFile[],
): Promise<Part[]> {
  const place = placesIn(folder).result(id);
  return onDisk('the result cannot be saved', async () => {
    await drop(place); // What a run that was stopped has left.
    await mkdir(place);
    const parts: Part[] = [];
    for (const { name, bytes } of files) {
      await writeWhole(path.join(place, PartName.parse(name)), bytes);
      parts.push({ name, bytes: bytes.length, sha256: sha256(bytes) });
    }
    return parts;
  });
}

/** Codes of the system that say that a file is not there, or something else is. */
const GONE = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENXIO'] as const;

function drop(name: string): Promise<void> {
  return rm(name, { recursive: true, force: true });
}
