import { createHash, randomUUID } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** sha256 of bytes, in hex. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
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
