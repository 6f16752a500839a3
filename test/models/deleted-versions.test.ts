import { readdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test as testAnywhere } from 'vitest';
import { publishNext } from '../../src/models/publish-next.js';
import { removeModel } from '../../src/models/remove-model.js';
import { testWith } from '../support/capabilities.js';
import { AWS, modelPlaces, saveModels } from '../support/model-places.js';
import { s3ForTests } from '../support/s3.js';
import { saveConstantModel } from '../support/saved-models.js';
import { mounting, mountSmallDisk } from '../support/small-disk.js';
import { temporaryFolder } from '../support/store.js';

for (const { name, needs, open } of modelPlaces(s3ForTests())) {
  describe(name, () => {
    const test = testWith(needs);

    test('a training never gets the number of a deleted version', async () => {
      const { publish, remove, source, seen } = await open();
      const { model, other } = await saveModels();
      const next = async () => {
        const folder = await temporaryFolder();
        return (await publishNext(other, folder, { models: source, publish })).card.version;
      };
      await publish(model);
      expect(await next()).toBe(2);
      expect(await remove('lab', 2)).toBe(true);
      expect(await remove('lab', 2)).toBe(false);
      expect(await next()).toBe(3);
      for (const version of [1, 3]) expect(await remove('lab', version)).toBe(true);
      expect(await seen()).toEqual([]);
      expect(await next()).toBe(4);
      expect(await source.lastVersion('unknown')).toBe(0);
    });

    test('only the model that had the number is published under it again', async () => {
      const { publish, remove, seen } = await open();
      const { model, other } = await saveModels();
      await publish(model);
      await remove('lab', 1);
      await expect(publish(other)).rejects.toThrow(
        /^another model lab\/1 was deleted at .*; expected a number that no other model had: publish/,
      );
      expect(await seen()).toEqual([]);
      expect(await publish(model)).toBe('published');
      expect(await seen()).toEqual([model.digest]);
    });

    test('a number that was given before another version had it is given up', async () => {
      const { publish, remove, source } = await open();
      const { model, other } = await saveModels();
      const folder = await temporaryFolder();
      const broken = {
        models: source,
        publish: () => Promise.reject(new Error('the process was killed')),
      };
      await expect(publishNext(other, folder, broken)).rejects.toThrow('killed');
      await publish(model);
      await remove('lab', 1);
      const published = await publishNext(other, folder, { models: source, publish });
      expect(published.card.version).toBe(2);
    });
  });
}

testAnywhere('a model that is saved by a command does not get the number either', async () => {
  const models = await temporaryFolder();
  await saveConstantModel(models, 'lab');
  await removeModel({ name: 'lab', version: 1 }, models, AWS);
  await saveConstantModel(models, 'lab');
  expect((await readdir(path.join(models, 'lab'))).toSorted()).toEqual(['.deleted', '2']);
});

testAnywhere('the number of a version that is a link, or has no card, is kept too', async () => {
  const models = await temporaryFolder();
  await saveConstantModel(models, 'lab');
  await symlink('nowhere', path.join(models, 'lab', '7'));
  expect(await removeModel({ name: 'lab', version: 7 }, models, AWS)).toBe(true);
  await saveConstantModel(models, 'lab');
  expect((await readdir(path.join(models, 'lab'))).toSorted()).toEqual(['.deleted', '1', '8']);
});

testWith(mounting())('a full disk keeps neither a version nor its number from it', async () => {
  const { folder, fill } = await mountSmallDisk();
  await saveConstantModel(folder, 'lab');
  fill();
  expect(await removeModel({ name: 'lab', version: 1 }, folder, AWS)).toBe(true);
  expect(await readdir(path.join(folder, 'lab', '.deleted'))).toEqual(['1']);
});
