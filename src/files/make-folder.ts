import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { unless } from './disk-error.js';

/**
 * Makes a folder with those above it. The recursive mkdir of Node never ends where nothing can be made, as in
 * /proc.
 * @throws Error of the file system
 */
export async function makeFolder(folder: string): Promise<void> {
  if (await stat(folder).catch(unless('ENOENT'))) return;
  await makeFolder(path.dirname(folder));
  await mkdir(folder).catch(unless('EEXIST'));
}
