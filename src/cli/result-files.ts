import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError, messageOf } from '../errors.js';
import { makeFolder } from '../files/make-folder.js';
import { writeWhole } from '../files/whole-file.js';
import type { ResultFile } from '../jobs/job-files.js';

/**
 * Makes the folder that `--out` names, before anything is computed, so that the result can be written.
 * @param out a folder, for all files of a result, or a file whose ending says which of them
 * @param endings those that the experiment has, such as `csv`
 * @throws InputError for another ending, and where nothing can be written
 */
export async function prepareOut(out: string, endings: readonly string[]): Promise<void> {
  const ending = path.extname(out).slice(1);
  if (ending === '' || endings.includes(ending)) return prepareFolder(out, ending);
  const expected = endings.map((each) => `.${each}`).join(', ');
  throw new InputError(
    `unknown kind of result: --out ${out}; expected a folder, or a file ending with ${expected}`,
  );
}

/** Makes the folder of a result. */
async function prepareFolder(out: string, ending: string): Promise<void> {
  const folder = path.resolve(ending === '' ? out : path.dirname(out));
  try {
    await makeFolder(folder);
    if (!(await stat(folder)).isDirectory()) throw new Error('there is a file in its place');
    await access(folder, constants.W_OK);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new InputError(
      `cannot write --out ${out}: the folder ${folder} cannot be used: ${reason}; expected one that can be written`,
      [],
      { cause },
    );
  }
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
  const written: string[] = [];
  for (const { name, bytes } of chosen) {
    const file = ending === '' ? path.join(out, name) : out;
    await writeWhole(file, bytes);
    written.push(file);
  }
  return written;
}
