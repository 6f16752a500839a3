import { createHash, randomUUID } from 'node:crypto';
import { constants, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from './input-error.js';

/** sha256 of bytes, in hex. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Reads a whole file. What is not a file, such as a pipe or a device, might never end, or never begin.
 * @throws InputError when it is not a regular file, is larger than `most` bytes, or changes meanwhile
 */
export async function readWhole(file: string, most: number): Promise<Buffer> {
  // without it, opening a pipe waits until somebody writes into it
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const name = path.basename(file);
    const found = await handle.stat();
    if (!found.isFile()) throw new InputError(`${name} is not a regular file`);
    if (found.size > most) {
      throw new InputError(`${name} is too large: ${found.size} bytes; expected at most ${most}`);
    }
    const bytes = Buffer.allocUnsafeSlow(found.size);
    let length = 0;
    for (let read = 1; read > 0 && length < bytes.length; length += read) {
      const wanted = Math.min(bytes.length - length, 2 ** 30);
      read = (await handle.read(bytes, length, wanted, length)).bytesRead;
    }
    if (length < bytes.length) throw new InputError(`${name} became shorter while it was read`);
    return bytes;
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file whole or not at all, even where the machine stops in between: what was there before
 * stays until the new file is on the disk.
 */
export async function writeWhole(file: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.writing`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFile(path.dirname(file));
}

/** Puts a folder's files, and their names, on the disk. */
export async function syncFolder(folder: string): Promise<void> {
  for (const file of await readdir(folder)) await syncFile(path.join(folder, file));
  await syncFile(folder);
  await syncFile(path.dirname(folder));
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
