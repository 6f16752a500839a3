import { open, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';

/** Reads the first bytes of a file: `length`, or fewer of a short file, none of a folder. */
export async function readHead(file: string, length: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    if ((await handle.stat()).isDirectory()) return Buffer.alloc(0);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), { position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Does some work with a file, whose name then begins the message of an InputError. */
export async function naming<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InputError) || error.message.startsWith(`${file}: `)) throw error;
    throw new InputError(`${file}: ${error.message}`, error.problems, { cause: error });
  }
}

/**
 * All files in a folder and in the folders within it, also through links. A link that leads to a folder that it is in is
 * left out.
 * @returns paths relative to the folder, with `/`, sorted
 */
export async function listFiles(folder: string): Promise<string[]> {
  return (await filesIn(folder, '', new Set())).toSorted();
}

async function filesIn(root: string, below: string, above: ReadonlySet<string>): Promise<string[]> {
  const folder = path.join(root, below);
  const own = await realpath(folder);
  if (above.has(own)) return [];
  const around = new Set([...above, own]);
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const name = path.posix.join(below, entry.name);
    // A link to nothing is neither.
    const found = entry.isSymbolicLink()
      ? await stat(path.join(root, name)).catch(() => undefined)
      : entry;
    if (found?.isFile()) files.push(name);
    else if (found?.isDirectory()) files.push(...(await filesIn(root, name, around)));
  }
  return files;
}
