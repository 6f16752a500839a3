import { access, lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { unless } from '../files/disk-error.js';
import { makeFolder } from '../files/make-folder.js';
import { createWhole, isTemporary, openFile, readOpened, writeWhole } from '../files/whole-file.js';
import type { ObjectInfo, ObjectStore, ReadObject } from './object-store.js';

/**
 * Keeps objects as files of a folder. Nothing is remembered between calls, so that several processes, and
 * several machines that mount it, may share the folder.
 * @param root must exist: if it is missing, its disk is not mounted. The folders below it are made as needed.
 */
export function createFolderObjects(folder: string, root = folder): ObjectStore {
  return {
    place: folder,
    read: (key, most) =>
      open(key, async (handle, info) => ({
        ...info,
        content: await readOpened(handle, path.basename(key), most),
      })),
    readStart: (key, length) =>
      open(key, async (handle, info) => {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0);
        return { ...info, content: buffer.subarray(0, bytesRead) };
      }),
    stat,
    async put(key, content, { ifAbsent = false } = {}) {
      const file = fileOf(key);
      await makeFolderFor(file);
      if (ifAbsent) return createWhole(file, content);
      await writeWhole(file, content);
      return true;
    },
    list: () => list(),
    async remove(key) {
      // recursive: a folder may have got into its place
      await rm(fileOf(key), { force: true, recursive: true });
    },
    within: (name) => createFolderObjects(path.join(folder, name), root),
  };

  async function stat(key: string): Promise<ObjectInfo | undefined> {
    const found = await lstat(fileOf(key)).catch(unless('ENOENT'));
    return found && { key, bytes: found.size, modified: found.mtime };
  }

  async function* list(below = ''): AsyncGenerator<ObjectInfo> {
    const inside = await readdir(path.join(folder, below), { withFileTypes: true }).catch(
      async (error: unknown) => {
        if (folder === root && below === '') throw error;
        await access(root);
        // A folder that another user put there, such as lost+found, has no objects.
        return unless('EACCES', 'ENOENT')(error);
      },
    );
    for (const entry of inside ?? []) {
      const key = `${below}${entry.name}`;
      if (entry.isDirectory()) yield* list(`${key}/`);
      else if (!isTemporary(key)) {
        const found = await stat(key);
        if (found) yield found;
      }
    }
  }

  async function open(
    key: string,
    use: (handle: Awaited<ReturnType<typeof openFile>>, info: ObjectInfo) => Promise<ReadObject>,
  ): Promise<ReadObject | undefined> {
    const handle = await openFile(fileOf(key)).catch(unless('ENOENT'));
    try {
      if (handle === undefined) return undefined;
      const { size, mtime } = await handle.stat();
      return await use(handle, { key, bytes: size, modified: mtime });
    } finally {
      await handle?.close();
    }
  }

  async function makeFolderFor(file: string): Promise<void> {
    if (path.dirname(file) === root) return;
    await access(root);
    await makeFolder(path.dirname(file));
  }

  function fileOf(key: string): string {
    return path.join(folder, ...key.split('/'));
  }
}
