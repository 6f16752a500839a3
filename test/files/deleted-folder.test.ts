import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { deleteFolder, finishDeleting } from '../../src/files/deleted-folder.js';
import { temporaryFolder } from '../support/store.js';

test('a folder is deleted with all that is in it, once', async () => {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, 'a', 'b'), { recursive: true });
  await writeFile(path.join(folder, 'a', 'b', 'c'), 'x');
  expect(await deleteFolder(path.join(folder, 'a'))).toBe(true);
  expect(await readdir(folder)).toEqual([]);
  expect(await deleteFolder(path.join(folder, 'a'))).toBe(false);
  expect(await deleteFolder(path.join(folder, 'none', 'a'))).toBe(false);
});

test('what a killed process was deleting is deleted, and nothing else', async () => {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, '.deleting-1', 'b'), { recursive: true });
  await mkdir(path.join(folder, 'kept'));
  await writeFile(path.join(folder, 'deleting-2'), 'x');
  await finishDeleting(folder);
  expect((await readdir(folder)).toSorted()).toEqual(['deleting-2', 'kept']);
  await finishDeleting(path.join(folder, 'none'));
});
