import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test as testAnywhere } from 'vitest';
import { temporaryFor } from '../../src/files/whole-file.js';
import { publishModel } from '../../src/models/publish.js';
import { createFolderObjects } from '../../src/objects/folder-objects.js';
import { createS3Objects } from '../../src/objects/s3-objects.js';
import { moto, testWith } from '../support/capabilities.js';
import { AWS, modelPlaces, openTarget, saveModels } from '../support/model-places.js';
import { s3Error, s3ForTests, startFaultyS3 } from '../support/s3.js';
import { temporaryFolder } from '../support/store.js';

const openS3 = s3ForTests();
const WEIGHTS = 'weights.safetensors';

for (const { name, needs, open } of modelPlaces(openS3)) {
  describe(name, () => {
    const test = testWith(needs);

    test('a model is published once, and then is there already', async () => {
      const { publish, seen } = await open();
      const { model } = await saveModels();
      expect(await publish(model)).toBe('published');
      expect(await seen()).toEqual([model.digest]);
      expect(await publish(model)).toBe('already there');
    });

    test('another model of the same name and version does not replace it', async () => {
      const { publish, seen } = await open();
      const { model, other } = await saveModels();
      await publish(model);
      await expect(publish(other)).rejects.toThrow(
        new RegExp(
          `^another model lab/1 is published at .*/lab/1, with the digest ${model.digest}; ` +
            `expected ${other.digest}, or none: publish this one as another version$`,
        ),
      );
      expect(await seen()).toEqual([model.digest]);
    });

    test('of publications at the same time one succeeds; those of the same model agree', async () => {
      const { publish, seen } = await open();
      const { model, other } = await saveModels();
      const ends = await Promise.allSettled([model, other, model, other].map(publish));
      const [digest] = await seen();
      const [winner, loser] = digest === model.digest ? [0, 1] : [1, 0];
      const done = [ends[winner], ends[winner + 2]].map((end) => end?.status);
      expect(done).toEqual(['fulfilled', 'fulfilled']);
      for (const end of [ends[loser], ends[loser + 2]]) {
        expect(String((end as PromiseRejectedResult).reason)).toMatch('another model lab/1');
      }
    });

    test('other files at its place are neither replaced nor served', async () => {
      const { publish, objects } = await open();
      const { model } = await saveModels();
      await publish(model);
      await objects.put(`lab/1/${WEIGHTS}`, Buffer.from('other'));
      await expect(publish(model)).rejects.toThrow(
        /^another file is at .*weights.safetensors; expected that of lab\/1, or none: delete it/,
      );
      expect((await objects.read(`lab/1/${WEIGHTS}`, 5))?.content.toString()).toBe('other');
    });

    test('a model whose weights are damaged is not published', async () => {
      const { publish, seen } = await open();
      const { model } = await saveModels();
      await writeFile(path.join(model.folder, WEIGHTS), 'x');
      await expect(publish(model)).rejects.toThrow(
        `${WEIGHTS} is not the file that the card describes: its sha256 differs`,
      );
      expect(await seen()).toEqual([]);
    });
  });
}

testAnywhere(
  'what a killed publication left in a folder is not seen, and removed after an hour',
  async () => {
    const place = await temporaryFolder();
    const { model } = await saveModels();
    const [old, young] = [0, 1].map(() => temporaryFor(path.join(place, 'lab', '1')));
    for (const partial of [old!, young!]) {
      await mkdir(partial, { recursive: true });
      await writeFile(path.join(partial, WEIGHTS), 'half');
    }
    await utimes(old!, 100, 100);
    const { publish, seen } = await openTarget(place, AWS, createFolderObjects(place));
    expect(await seen()).toEqual([]);
    expect(await publish(model)).toBe('published');
    expect(await seen()).toEqual([model.digest]);
    const left = await readdir(path.join(place, 'lab'));
    expect(left.toSorted()).toEqual(['1', path.basename(young!)]);
  },
);

testAnywhere('a folder that is missing is not made: its disk may not be mounted', async () => {
  const { model } = await saveModels();
  const place = path.join(await temporaryFolder(), 'missing');
  await expect(publishModel(model, place, AWS)).rejects.toThrow('ENOENT');
});

testWith(moto())('a publication that S3 refuses is an error with the reason', async () => {
  const s3 = await openS3();
  const proxy = await startFaultyS3(s3);
  const { model } = await saveModels();
  const publish = () => publishModel(model, s3.place, { ...s3, endpoint: proxy.endpoint });
  for (const [status, code, reason] of [
    [403, 'AccessDenied', `the storage of ${s3.place} denies access (AccessDenied)`],
    [404, 'NoSuchBucket', `the storage of ${s3.place} has no such bucket (NoSuchBucket)`],
  ] as const) {
    proxy.fault = (request, answer) => {
      request.resume();
      return s3Error(answer, status, code);
    };
    await expect(publish()).rejects.toMatchObject({ code: 'storage', reason });
  }
});

testWith(moto())(
  'wherever a publication breaks off, nothing is seen, and the next one completes it',
  async () => {
    const s3 = await openS3();
    const proxy = await startFaultyS3(s3);
    const connection = { endpoint: proxy.endpoint, region: undefined } as unknown as typeof AWS;
    const { model } = await saveModels();
    let breaks = 0;
    for (let isDone = false; !isDone; breaks++) {
      const place = `${s3.place}/${breaks}`;
      const { publish, seen } = await openTarget(
        place,
        connection,
        createS3Objects({ ...connection, place, setting: '' }),
      );
      let left = breaks;
      proxy.fault = ({ socket }) => left-- <= 0 && socket.destroy() !== undefined;
      isDone = await publish(model).then(
        () => true,
        () => false,
      );
      proxy.fault = undefined;
      expect(await seen()).toEqual(isDone ? [model.digest] : []);
      expect(await publish(model)).toBe(isDone ? 'already there' : 'published');
      expect(await seen()).toEqual([model.digest]);
    }
    // A look for a deleted version and for the card; for each of two files a look, one at the bucket, and the upload.
    expect(breaks - 1).toBe(8);
  },
);
