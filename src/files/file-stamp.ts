import { stat } from 'node:fs/promises';
import { unless } from './disk-error.js';

/**
 * What identifies the content of a file without reading it: it changes when the file is written or replaced. Of a
 * folder it changes when what is in it does.
 * @returns undefined where there is none
 * @throws Error of the file system
 */
export async function fileStamp(file: string): Promise<string | undefined> {
  const found = await stat(file, { bigint: true }).catch(unless('ENOENT'));
  return found && `${found.dev}-${found.ino}-${found.size}-${found.mtimeNs}`;
}
