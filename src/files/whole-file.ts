import { createHash, randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import {
  constants,
  type FileHandle,
  link,
  lstat,
  open,
  readdir,
  rename,
  rm,
} from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { InputError } from '../errors.js';
import { hasCode, unless } from './disk-error.js';
import { limitTime } from './limit-time.js';

/** How long a file may give no byte: a network disk that is away hangs for ever. */
const STALL_MS = 10_000;
/** Bytes that are read at a time: no disk takes long for them. */
const READ_BYTES = 2 ** 24;

/** sha256 of bytes, in hex. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Bytes that are hashed at a time: a few milliseconds. */
const SLICE = 2 ** 22;

/** sha256 of many bytes, in hex; other work of this thread runs in between. */
export async function sha256InSlices(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  for (let begin = 0; begin < bytes.length; begin += SLICE) {
    hash.update(bytes.subarray(begin, begin + SLICE));
    await setImmediate();
  }
  return hash.digest('hex');
}

/**
 * Opens a file for reading. What is not a file, such as a pipe or a device, might never end, or never begin.
 * @throws InputError when it is not a regular file
 */
export async function openFile(file: string): Promise<FileHandle> {
  // Without it, opening a pipe waits until a process writes into it.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error) => {
    // Only a socket, and a device that has no driver, cannot be opened for this reason.
    if (hasCode(error, 'ENXIO')) throw notAFile(file, 'a socket or a device');
    throw error;
  });
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw notAFile(file, nameKind(found));
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function notAFile(file: string, kind: string): InputError {
  return new InputError(`${path.basename(file)} is not a regular file but ${kind}`);
}

function nameKind(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}

/**
 * Reads a whole file.
 * @param stallMs the longest time without a byte, in milliseconds
 * @throws InputError when it is not a regular file, is larger than `most` bytes, changes meanwhile, or gives no
 *   byte for that long
 */
export async function readWhole(
  file: string,
  most: number,
  stallMs: number = STALL_MS,
): Promise<Buffer> {
  const name = path.basename(file);
  const opening = openFile(file);
  const handle = await limitTime(opening, stallMs, () => stalledError(name, stallMs)).catch(
    (error: unknown) => {
      // A disk may give the file later.
      opening.then((late) => late.close()).catch(() => undefined);
      throw error;
    },
  );
  try {
    return await readOpened(handle, name, most, stallMs);
  } finally {
    // To close a file waits for a read that hangs.
    handle.close().catch(() => undefined);
  }
}

/**
 * Reads a whole file that a person named.
 * @throws InputError naming the file, and saying why it cannot be read
 * @example
 * await readNamed('net.onnx', 2 ** 29); // InputError: net.onnx cannot be read: is it there?
 */
export async function readNamed(file: string, most: number): Promise<Buffer> {
  return await readWhole(file, most).catch((cause: unknown) => {
    const reason = hasCode(cause, 'ENOENT') ? 'is it there?' : (cause as Error).message;
    throw new InputError(`${file} cannot be read: ${reason}`, [], { cause });
  });
}

/**
 * Reads all of an opened file.
 * @param name for messages
 * @param stallMs the longest time without a byte, in milliseconds
 * @throws InputError when it is larger than `most` bytes, changes meanwhile, or gives no byte for that long
 */
export async function readOpened(
  handle: Pick<FileHandle, 'stat' | 'read'>,
  name: string,
  most: number,
  stallMs: number = STALL_MS,
): Promise<Buffer> {
  const inTime = <Result>(work: Promise<Result>) =>
    limitTime(work, stallMs, () => stalledError(name, stallMs));
  const { size } = await inTime(handle.stat());
  if (size > most) {
    throw new InputError(`${name} is too large: ${size} bytes; expected at most ${most}`);
  }
  const bytes = Buffer.allocUnsafeSlow(size);
  let length = 0;
  for (let read = 1; read > 0 && length < bytes.length; length += read) {
    const wanted = Math.min(bytes.length - length, READ_BYTES);
    read = (await inTime(handle.read(bytes, length, wanted, length))).bytesRead;
  }
  if (length < bytes.length) throw new InputError(`${name} became shorter while it was read`);
  return bytes;
}

function stalledError(name: string, stallMs: number): InputError {
  return new InputError(`${name} cannot be read: no bytes for ${stallMs / 1000} s`);
}

/**
 * Writes a file whole or not at all, even where the machine stops in between: what was there before
 * stays until the new file is on the disk.
 */
export async function writeWhole(file: string, bytes: Uint8Array | string): Promise<void> {
  await writeThenPlace(file, bytes, (temporary) => rename(temporary, file));
}

/**
 * Writes a file as `writeWhole` does, but only if there is none: of several writers, one succeeds.
 * @returns whether it was written
 */
export async function createWhole(file: string, bytes: Uint8Array | string): Promise<boolean> {
  try {
    await writeThenPlace(file, bytes, (temporary) => linkOrRename(temporary, file));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** A link, unlike a new name, never replaces a file. Not every disk has links. */
async function linkOrRename(from: string, file: string): Promise<void> {
  const isDone = await link(from, file).then(() => true, unless('EPERM', 'ENOTSUP', 'ENOSYS'));
  if (isDone === true) return;
  // Between these two steps another writer may come; the file that stays is whole in any case.
  if (await lstat(file).catch(unless('ENOENT'))) {
    throw Object.assign(new Error('the file is there'), { code: 'EEXIST' });
  }
  await rename(from, file);
}

async function writeThenPlace(
  file: string,
  bytes: Uint8Array | string,
  place: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = temporaryFor(file);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await place(temporary);
  } finally {
    // The first error is more useful than the reason why this cannot be removed.
    await rm(temporary, { force: true }).catch(() => undefined);
  }
  await syncFile(path.dirname(file));
}

/** An unfinished file that is older than so many milliseconds was left by a process that has ended. */
export const ABANDONED_MS = 3_600_000;

const TEMPORARY = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.writing$/;

/** A name next to a file, for what becomes it once it is whole. */
export function temporaryFor(file: string): string {
  return `${file}.${randomUUID()}.writing`;
}

/** Whether a name is one that `temporaryFor` made: a process that was killed may leave such files. */
export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Puts a folder's files, and their names, on the disk. */
export async function syncFolder(folder: string): Promise<void> {
  for (const file of await readdir(folder)) await syncFile(path.join(folder, file));
  await syncFile(folder);
  await syncFile(path.dirname(folder));
}

/** Puts a file, or the names in a folder, on the disk. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What even the smallest file takes on a disk. */
const BLOCK = 4096;

/** Bytes that a file of so many bytes takes on a disk. */
export function roomFor(bytes: number): number {
  return Math.max(bytes, BLOCK);
}
