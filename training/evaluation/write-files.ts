import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';

/**
 * Checks that files can be written into a folder, which may not exist yet; creates nothing.
 * @throws InputError where they cannot
 */
export async function checkWritable(folder: string): Promise<void> {
  let place = path.resolve(folder);
  let found = await stat(place).catch(() => undefined);
  while (found === undefined && place !== path.dirname(place)) {
    place = path.dirname(place);
    found = await stat(place).catch(() => undefined);
  }
  const isFree = found?.isDirectory() && (await access(place, constants.W_OK).then(yes, no));
  if (isFree) return;
  const why = found?.isDirectory() ? 'cannot be written to' : 'is no folder';
  throw new InputError(`--out ${folder}: ${place} ${why}: choose another --out`);
}

const yes = () => true;
const no = () => false;

/**
 * Writes files into a folder, in the place of those of the same name: first all of them under other
 * names, so that a failure leaves what was there.
 * @param files text by name
 */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = Object.keys(files);
  const temporary = (name: string) => path.join(folder, `.${name}.${suffix}`);
  const suffix = randomUUID();
  try {
    for (const name of names) await writeFile(temporary(name), files[name]!);
    for (const name of names) await rename(temporary(name), path.join(folder, name));
  } finally {
    await Promise.all(names.map((name) => rm(temporary(name), { force: true })));
  }
}
