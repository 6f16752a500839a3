import { access, constants, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../errors.js';
import { unless } from '../files/disk-error.js';
import { writeWhole } from '../files/whole-file.js';
import type { ResultFile } from '../jobs/job-files.js';

/**
 * Checks, before anything is computed, that a result can be written where `--out` says.
 * @param out a folder, for all files of a result, or a file whose ending says which of them
 * @param endings those that the experiment has, such as `csv`
 * @throws InputError for another ending, and where nothing can be written
 */
export async function checkOut(out: string, endings: readonly string[]): Promise<void> {
  const ending = path.extname(out).slice(1);
  if (ending === '' || endings.includes(ending)) return checkFolder(out, ending);
  const expected = endings.map((each) => `.${each}`).join(', ');
  throw new InputError(
    `unknown kind of result: --out ${out}; expected a folder, or a file ending with ${expected}`,
  );
}

/** Checks the folder of a result, or the nearest one above it that is there. */
async function checkFolder(out: string, ending: string): Promise<void> {
  let folder = path.resolve(ending === '' ? out : path.dirname(out));
  for (;;) {
    const found = await stat(folder).catch(unless('ENOENT', 'ENOTDIR'));
    if (found && !found.isDirectory()) {
      throw new InputError(`cannot write --out ${out}: ${folder} is a file; expected a folder`);
    }
    if (found) break;
    folder = path.dirname(folder);
  }
  await access(folder, constants.W_OK).catch(() => {
    throw new InputError(`cannot write --out ${out}: no permission in ${folder}`);
  });
}

/**
 * Writes a result: the file with the ending of `out`, or all files into a folder.
 * @returns the files that were written
 * @throws Error of the file system
 */
export async function writeResult(out: string, files: readonly ResultFile[]): Promise<string[]> {
  const ending = path.extname(out);
  const chosen =
    ending === '' ? files : files.filter(({ name }) => path.extname(name) === ending).slice(0, 1);
  const folder = ending === '' ? out : path.dirname(out);
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  for (const { name, bytes } of chosen) {
    const file = ending === '' ? path.join(out, name) : out;
    await writeWhole(file, bytes);
    written.push(file);
  }
  return written;
}
