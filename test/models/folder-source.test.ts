import { rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createFolderSource } from '../../src/models/folder-source.js';
import { writeCard } from '../support/card-folders.js';
import { temporaryFolder } from '../support/store.js';

test('the stamp of a version changes when a file of it is replaced, and not otherwise', async () => {
  const models = await temporaryFolder();
  await writeCard(models, 'v1', 1);
  const source = createFolderSource(models);
  const stamp = async () => (await source.list('v1')).versions[0]!.stamp;
  const first = await stamp();
  expect(await stamp()).toBe(first);
  await writeCard(models, 'v1', 1, 'spikes');
  const second = await stamp();
  expect(second).not.toBe(first);
  await writeFile(path.join(models, 'v1', '1', 'new'), 'weights');
  await rename(path.join(models, 'v1', '1', 'new'), path.join(models, 'v1', '1', 'weights'));
  expect(await stamp()).not.toBe(second);
});

test('the stamp of a version behind a link changes when the link is swapped', async () => {
  const models = await temporaryFolder();
  for (const time of ['..1', '..2']) await writeCard(path.join(models, time), 'v1', 1);
  await symlink('..1', path.join(models, '..data'));
  await symlink('..data/v1', path.join(models, 'v1'));
  const source = createFolderSource(models);
  const before = (await source.list()).versions;
  await symlink('..2', path.join(models, '..new'));
  await rename(path.join(models, '..new'), path.join(models, '..data'));
  const after = (await source.list()).versions;
  expect(before).toMatchObject([{ name: 'v1', version: 1 }]);
  expect(after).toMatchObject([{ name: 'v1', version: 1 }]);
  expect(after[0]!.stamp).not.toBe(before[0]!.stamp);
});
