import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { constants, crc32, inflateRaw } from 'node:zlib';
import { type Entry, openPromise } from 'yauzl';
import { InputError, messageOf } from '../../../src/errors.js';
import { listFiles, readHead } from '../read-file.js';
import { type Bytes, bytesOfFile } from './bytes.js';

/** The files of a folder or of a zip archive. */
export interface FileTree {
  /** With `/` in their paths, sorted. */
  readonly names: readonly string[];
  /** @throws InputError where there is no such file */
  bytes(name: string): Promise<Bytes>;
  close(): Promise<void>;
}

/** Bytes at the start of a compressed file that are inflated alone. */
const HEAD_BYTES = 4096;
/** Larger compressed files stay in memory when they were read. */
const KEPT_BYTES = 2 ** 20;
const MAX_INFLATED = 2 ** 32;
const BLOCK_BYTES = 2 ** 24;

/** Whether a file begins as a zip archive does. */
export async function isZip(place: string): Promise<boolean> {
  return (await readHead(place, 4)).toString('latin1') === 'PK\x03\x04';
}

/**
 * Opens a folder, with all folders in it, or a zip archive.
 * @returns undefined for another kind of file
 * @throws InputError where the archive is cut off or damaged
 */
export async function openFileTree(place: string): Promise<FileTree | undefined> {
  if ((await stat(place)).isDirectory()) return await openFolder(place);
  return (await isZip(place)) ? await openZip(place) : undefined;
}

async function openFolder(folder: string): Promise<FileTree> {
  return {
    names: await listFiles(folder),
    async bytes(name) {
      const file = path.join(folder, name);
      const found = await stat(file).catch(() => undefined);
      if (found === undefined) throw missing(name);
      return {
        length: found.size,
        async read(at, length) {
          const handle = await open(file);
          try {
            return await bytesOfFile(handle, found.size).read(at, length);
          } finally {
            await handle.close();
          }
        },
      };
    },
    close: async () => undefined,
  };
}

async function openZip(file: string): Promise<FileTree> {
  const zip = await openPromise(file, { autoClose: false, lazyEntries: true }).catch(damaged);
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('/')) entries.set(entry.fileName, entry);
    }
  } catch (error) {
    zip.close();
    throw damaged(error);
  }
  const handle = await open(file);
  const whole = bytesOfFile(handle, (await handle.stat()).size);
  return {
    names: [...entries.keys()].toSorted(),
    async bytes(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw missing(name);
      const { fileDataStart } = await zip
        .readLocalFileHeaderPromise(entry, { minimal: true })
        .catch(damaged);
      if (entry.isEncrypted() || ![0, 8].includes(entry.compressionMethod)) {
        throw new InputError(
          `${name} is encrypted or compressed in an unknown way; expected it stored or deflated`,
        );
      }
      return entry.compressionMethod === 0
        ? storedBytes(whole, entry, fileDataStart)
        : deflatedBytes(whole, entry, fileDataStart);
    },
    async close() {
      zip.close();
      await handle.close();
    },
  };
}

/** Whether bytes are the head of a longer file, which is read without checking the sum. */
function isHead(at: number, count: number, length: number): boolean {
  return at === 0 && count <= HEAD_BYTES && count < length;
}

/** A stored file, whose sum is checked before the first bytes after its head are read. */
function storedBytes(whole: Bytes, entry: Entry, start: number): Bytes {
  const { uncompressedSize: length } = entry;
  let checked: Promise<void> | undefined;
  const check = async () => {
    let sum = 0;
    for (let at = 0; at < length; at += BLOCK_BYTES) {
      sum = crc32(await whole.read(start + at, Math.min(BLOCK_BYTES, length - at)), sum);
    }
    checkSum(entry, sum);
  };
  return {
    length,
    async read(at, count) {
      if (!isHead(at, count, length)) {
        checked ??= check();
        await checked;
      }
      return await whole.read(start + at, count);
    },
  };
}

function deflatedBytes(whole: Bytes, entry: Entry, start: number): Bytes {
  const { uncompressedSize: length, compressedSize } = entry;
  if (length > MAX_INFLATED) {
    throw new InputError(
      `${entry.fileName} is compressed and has ${length} bytes; expected at most ${MAX_INFLATED}: store it`,
    );
  }
  let kept: Promise<Buffer> | undefined;
  const inflateWhole = async () => {
    const inflated = await inflate(await whole.read(start, compressedSize), length, false);
    checkSum(entry, crc32(inflated));
    return inflated;
  };
  return {
    length,
    async read(at, count) {
      if (isHead(at, count, length)) {
        const head = await whole.read(start, Math.min(compressedSize, 2 * HEAD_BYTES));
        return (await inflate(head, MAX_INFLATED, true)).subarray(at, at + count);
      }
      const inflated = await (kept ?? inflateWhole());
      if (length > KEPT_BYTES) kept ??= Promise.resolve(inflated);
      if (inflated.length !== length || at + count > length) throw sumError(entry);
      return inflated.subarray(at, at + count);
    },
  };
}

async function inflate(deflated: Buffer, most: number, isHead: boolean): Promise<Buffer> {
  const finishFlush = isHead ? constants.Z_SYNC_FLUSH : constants.Z_FINISH;
  return new Promise((resolve, reject) => {
    inflateRaw(deflated, { finishFlush, maxOutputLength: Math.max(1, most) }, (error, result) => {
      if (error) reject(damagedError(error));
      else resolve(result);
    });
  });
}

function checkSum(entry: Entry, sum: number): void {
  if (sum !== entry.crc32) throw sumError(entry);
}

function sumError({ fileName }: Entry): InputError {
  return new InputError(`${fileName} is damaged: its sum does not hold; expected a whole archive`);
}

function damagedError(cause: unknown): InputError {
  const message = `it is cut off or damaged: ${messageOf(cause)}; expected a whole archive`;
  return new InputError(message, [], { cause });
}

function damaged(cause: unknown): never {
  throw damagedError(cause);
}

function missing(name: string): InputError {
  return new InputError(`${name} is missing; expected a file of this name`);
}
