import { constants, type FileHandle, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import {
  describeFiles,
  NewRecording,
  type RecordingFile,
  type StoredRecording,
} from '../datasets/recording.js';
import { DamagedError, InputError, PayloadTooLargeError, UploadOffsetError } from '../errors.js';
import { deleteFolder } from '../files/deleted-folder.js';
import { onDisk, unless } from '../files/disk-error.js';
import { makeFolder } from '../files/make-folder.js';
import { readWhole, sha256, syncFolder, temporaryFor, writeWhole } from '../files/whole-file.js';
import type { DataRoom } from './data-room.js';
import { listUndamaged, type ReportDamage } from './list-undamaged.js';
import { unlessDamaged } from './unless-damaged.js';

/** Recordings that are stored. */
export interface StoredRecordings {
  /** Oldest first, without those whose record is damaged. @throws DiskError */
  list(): Promise<StoredRecording[]>;
  /** @throws DamagedError where its record is damaged; DiskError */
  find(digest: string): Promise<StoredRecording | undefined>;
  /** The file of a recording that has one, or the folder of its files, for a reader. */
  place(recording: StoredRecording): string;
}

/** Recordings that clients upload, in parts that may come in many requests. */
export interface Recordings extends StoredRecordings {
  /**
   * Makes room for the files of a recording; one that is there stays as it is, unless its record is damaged.
   * @returns the recording, and whether it was not there before
   * @throws InputError where the one that is there has files of other sizes; StoreFullError, DiskError
   */
  create(
    files: readonly RecordingFile[],
  ): Promise<{ recording: StoredRecording; created: boolean }>;
  /**
   * Appends bytes to a file. They are on the disk when this resolves; of a body that breaks off, those that came.
   * @param index of the file in the recording
   * @param offset in the file, which must be what is stored of it
   * @returns the bytes that are stored of the file now
   * @throws UploadOffsetError where other bytes are next, PayloadTooLargeError beyond the end of the file,
   *   DiskError, or the error of the body
   */
  append(
    recording: StoredRecording,
    index: number,
    offset: number,
    body: AsyncIterable<Uint8Array>,
  ): Promise<number>;
  /** @returns whether it was there. @throws DiskError */
  remove(digest: string): Promise<boolean>;
}

const RECORD = 'recording.json';
const FILES = 'files';
const RECORD_BYTES = 2 ** 20;
/** Also a file that is lost is sent again; not one whose recording is. */
const APPEND = constants.O_RDWR | constants.O_CREAT;
const Record = NewRecording.extend({ created: z.iso.datetime() });

/** Where recordings are in the place of all data. */
export const RECORDINGS = 'recordings';

export interface RecordingsOptions {
  readonly folder: string;
  readonly room: DataRoom;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called with each that is damaged, whenever they are listed. */
  readonly report?: ReportDamage | undefined;
}

/**
 * Opens the recordings of a folder, to read them.
 * @param report is called with each that is damaged, whenever they are listed
 */
export function openRecordings(
  folder: string,
  report: ReportDamage = () => undefined,
): StoredRecordings {
  return {
    list: () => onDisk('the recordings cannot be read', list),
    find: (digest) => onDisk('the recording cannot be read', () => find(digest)),
    place(recording) {
      const [file, ...others] = recording.files;
      const files = path.join(folder, recording.digest, FILES);
      return others.length === 0 ? path.join(files, file!.name) : files;
    },
  };

  async function list(): Promise<StoredRecording[]> {
    const found = await listUndamaged(folder, find, report);
    return found.toSorted((a, b) => a.created.localeCompare(b.created));
  }

  async function find(digest: string): Promise<StoredRecording | undefined> {
    const place = path.join(folder, digest);
    const bytes = await readWhole(path.join(place, RECORD), RECORD_BYTES).catch(unless('ENOENT'));
    if (bytes === undefined) return undefined;
    const record = parseRecord(bytes, digest);
    const stored = record.files.map(async ({ name }) => {
      const found = await stat(path.join(place, FILES, name)).catch(unless('ENOENT'));
      return found?.size ?? 0;
    });
    return withReceived(digest, record, await Promise.all(stored));
  }
}

/** @param received bytes of each file */
function withReceived(
  digest: string,
  { files, created }: z.output<typeof Record>,
  received: readonly number[],
): StoredRecording {
  return {
    ...{ digest, created },
    files: files.map((file, i) => ({ ...file, received: received[i] ?? 0 })),
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    complete: files.every((file, i) => file.bytes === received[i]),
  };
}

/** @throws DamagedError where it is not the record of this recording */
function parseRecord(bytes: Buffer, digest: string): z.output<typeof Record> {
  try {
    const record = Record.parse(JSON.parse(bytes.toString()));
    if (sha256(describeFiles(record.files)) === digest) return record;
  } catch (cause) {
    throw new DamagedError(`the record of the recording ${digest} is damaged`, { cause });
  }
  throw new DamagedError(`the record of the recording ${digest} is that of another one`);
}

/**
 * Opens the recordings of a folder, to store more. It is made when the first recording comes.
 * @example
 * const recordings = createRecordings({ folder: 'data-store/recordings', room, now: Date.now });
 * const { recording } = await recordings.create([{ name: 'session.nwb', bytes, sha256 }]);
 * await recordings.append(recording, 0, 0, createReadStream('session.nwb'));
 */
export function createRecordings(options: RecordingsOptions): Recordings {
  const { folder, room, now, report } = options;
  const stored = openRecordings(folder, report);
  /** Files that a request is writing. */
  const written = new Set<string>();
  /** Room is made for one recording at a time, so that all of them fit together. */
  let line: Promise<unknown> = Promise.resolve();
  return {
    ...stored,
    create(files) {
      const done = line.then(() => onDisk('the recording cannot be stored', () => create(files)));
      line = done.catch(() => undefined);
      return done;
    },
    append: (...args) => onDisk('the file cannot be stored', () => append(...args)),
    remove: (digest) =>
      onDisk('the recording cannot be deleted', () => deleteFolder(path.join(folder, digest))),
  };

  async function create(files: readonly RecordingFile[]) {
    const digest = sha256(describeFiles(files));
    const found = await stored.find(digest).catch(async (error: unknown) => {
      unlessDamaged(error);
      await deleteFolder(path.join(folder, digest));
    });
    if (found) {
      checkSizes(files, found);
      return { recording: found, created: false };
    }
    await room.check(files.reduce((sum, file) => sum + file.bytes, 0));
    const place = path.join(folder, digest);
    const temporary = temporaryFor(place);
    const record = { files: [...files], created: new Date(now()).toISOString() };
    await makeFolder(path.join(temporary, FILES));
    try {
      for (const { name } of files) await writeFile(path.join(temporary, FILES, name), '');
      await writeWhole(path.join(temporary, RECORD), JSON.stringify(record));
      await syncFolder(temporary);
      // Another service with the same recording may have been faster.
      await rename(temporary, place).catch(unless('ENOTEMPTY', 'EEXIST'));
      await syncFolder(folder);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
    return { recording: withReceived(digest, record, []), created: true };
  }

  async function append(
    recording: StoredRecording,
    index: number,
    offset: number,
    body: AsyncIterable<Uint8Array>,
  ): Promise<number> {
    const file = recording.files[index]!;
    const place = path.join(folder, recording.digest, FILES, file.name);
    if (written.has(place)) {
      throw new UploadOffsetError(`another request sends ${file.name}; expected one at a time`);
    }
    written.add(place);
    try {
      const handle = await open(place, APPEND);
      try {
        return await writeTo(handle, file, offset, body);
      } finally {
        await handle.close();
      }
    } finally {
      written.delete(place);
    }
  }
}

/** @throws InputError where the sizes are not those that were announced first */
function checkSizes(files: readonly RecordingFile[], { digest, files: stored }: StoredRecording) {
  for (const [index, { name, bytes }] of files.entries()) {
    const announced = stored.find((file) => file.name === name)!.bytes;
    if (bytes === announced) continue;
    const message = `is ${bytes}, and was announced as ${announced}; expected the same, or DELETE /v1/recordings/${digest} first`;
    const path = `files[${index}].bytes`;
    throw new InputError(`${path} ${message}`, [{ path, message }]);
  }
}

async function writeTo(
  handle: FileHandle,
  { name, bytes }: RecordingFile,
  offset: number,
  body: AsyncIterable<Uint8Array>,
): Promise<number> {
  const { size } = await handle.stat();
  if (offset !== size) {
    throw new UploadOffsetError(
      `wrong Upload-Offset of ${name}: ${offset}; expected ${size}, the bytes that are stored`,
    );
  }
  let end = size;
  try {
    for await (const chunk of body) {
      if (end + chunk.length > bytes) {
        throw new PayloadTooLargeError(
          `too many bytes for ${name}: more than ${bytes - offset}; expected at most those that are missing`,
        );
      }
      // A disk that is nearly full takes a part.
      for (let written = 0; written < chunk.length; ) {
        const { bytesWritten } = await handle.write(chunk, written, undefined, end);
        written += bytesWritten;
        end += bytesWritten;
      }
    }
  } finally {
    await handle.datasync();
  }
  return end;
}
