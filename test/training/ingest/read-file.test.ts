import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { listFiles } from '../../../training/ingest/read-file.js';
import { TABLE_FOLDER } from '../../../training/ingest/table-folder/table-folder.js';
import { temporaryFolder } from '../../support/store.js';

test('files behind links are listed, and a folder that leads to itself ends', async () => {
  const [folder, store] = [await temporaryFolder(), await temporaryFolder()];
  await mkdir(path.join(store, 'deep'));
  for (const name of ['deep/b.npy', 'table']) {
    await writeFile(path.join(store, name), 'image,cell 1\na.png,1\n');
  }
  await writeFile(path.join(folder, 'c'), '');
  await symlink(path.join(store, 'table'), path.join(folder, 'responses'));
  await symlink(path.join(store, 'deep'), path.join(folder, 'more'));
  await symlink(folder, path.join(folder, 'itself'));
  await symlink(path.join(folder, 'nothing'), path.join(folder, 'broken'));
  expect(await listFiles(folder)).toEqual(['c', 'more/b.npy', 'responses']);
  expect(await TABLE_FOLDER.matches(folder)).toBe(true);
});
