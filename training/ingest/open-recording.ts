import { type FileHandle, mkdir, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';
import { hasCode } from '../../src/files/disk-error.js';
import { freeDisk } from '../run/disk.js';
import { type FileTree, isZip, openFileTree } from './arrays/file-tree.js';
import { type LabFormat, openLabFile } from './formats.js';
import type { LabFile } from './lab-file.js';
import { naming } from './read-file.js';
import { SENSORIUM } from './sensorium/sensorium.js';

/** Bytes that are copied at a time. */
const BLOCK_BYTES = 2 ** 24;

/**
 * Opens a recording as `openLabFile` does, also a folder in a zip archive, which is unpacked first.
 * @param scratch a folder for what is unpacked, which is deleted when the recording is closed
 * @throws InputError where the archive is damaged, does not fit on the disk, or holds no recording; as `openLabFile`
 */
export async function openRecording(
  place: string,
  formats: readonly LabFormat[],
  scratch: string,
): Promise<LabFile> {
  const isFile = await stat(place).then(
    (found) => found.isFile() && found.size > 0,
    () => false,
  );
  if (!isFile || !(await isZip(place)) || (await SENSORIUM.matches(place))) {
    return await openLabFile(place, formats);
  }
  const tree = (await naming(place, () => openFileTree(place)))!;
  try {
    // numpy's own archives are read where they are.
    if (tree.names.every((name) => name.endsWith('.npy') && !name.includes('/'))) {
      return await openLabFile(place, formats);
    }
    await mkdir(scratch, { recursive: true });
    const folder = await mkdtemp(path.join(scratch, 'unpacked-'));
    const remove = () => rm(folder, { recursive: true, force: true });
    try {
      await naming(place, () => unpack(tree, folder));
      const file = await openLabFile(await innerFolder(folder), formats);
      return { ...file, close: () => file.close().finally(remove) };
    } catch (error) {
      await remove();
      throw error;
    }
  } finally {
    await tree.close();
  }
}

/** @throws InputError where there is no room; no name leads out of the folder, since the reader rejects such archives */
async function unpack(tree: FileTree, folder: string): Promise<void> {
  const files = [];
  for (const name of tree.names) files.push({ name, bytes: await tree.bytes(name) });
  const total = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const free = await freeDisk(folder);
  if (total > free) {
    throw new InputError(
      `too large to unpack: ${total} bytes; expected at most ${free}, which are free`,
    );
  }
  for (const { name, bytes } of files) {
    const place = path.join(folder, name);
    const handle = await createFile(place).catch((error: unknown) => {
      if (!hasCode(error, 'ENAMETOOLONG', 'EEXIST', 'ENOTDIR', 'EISDIR')) throw error;
      throw new InputError(
        `a name in the archive is too long, or that of a file and of a folder: ${name.slice(0, 200)}; ` +
          'expected names that a disk takes',
      );
    });
    try {
      for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
        await handle.write(await bytes.read(at, Math.min(BLOCK_BYTES, bytes.length - at)));
      }
    } finally {
      await handle.close();
    }
  }
}

async function createFile(place: string): Promise<FileHandle> {
  await mkdir(path.dirname(place), { recursive: true });
  return await open(place, 'w');
}

/** A folder that was packed whole is alone in its archive, but for what macOS adds. */
async function innerFolder(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter(
    (name) => name !== '__MACOSX' && !name.startsWith('.'),
  );
  const [only, ...others] = names;
  if (only === undefined || others.length > 0) return folder;
  const inner = path.join(folder, only);
  return (await stat(inner)).isDirectory() ? await innerFolder(inner) : inner;
}
