import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { createFolderObjects } from '../../src/objects/folder-objects.js';
import type { ObjectInfo, ObjectStore } from '../../src/objects/object-store.js';
import { createS3Objects } from '../../src/objects/s3-objects.js';
import { moto, testWith } from '../support/capabilities.js';
import { s3ForTests, startFaultyS3, unfinishedUploads } from '../support/s3.js';
import { temporaryFolder } from '../support/store.js';

/** More than a part of an upload in parts. */
const LARGE = 20 * 2 ** 20;

const openS3 = s3ForTests();
const NOTHING_NEEDED = { missing: null, required: false };
const STORES = [
  {
    name: 'a folder',
    needs: NOTHING_NEEDED,
    open: async () => createFolderObjects(await temporaryFolder()),
  },
  {
    name: 'S3',
    needs: moto(),
    open: async () => {
      const s3 = await openS3();
      const { endpoint } = await startFaultyS3(s3, { inTurn: true });
      return createS3Objects({
        ...s3,
        endpoint,
        place: `${s3.place}/lab/v1`,
        setting: 'DATA_DIR',
      });
    },
  },
];

for (const { name, needs, open } of STORES) {
  describe(name, () => {
    const test = testWith(needs);

    test('an object is returned as it was written, with its size and time', async () => {
      const store = await open();
      const before = Date.now();
      expect(await store.put('sets/a.npy', Buffer.from('first'))).toBe(true);
      const read = await store.read('sets/a.npy', 5);
      expect(read?.content.toString()).toBe('first');
      expect(read?.bytes).toBe(5);
      // S3 gives the time in seconds.
      expect(read!.modified.getTime()).toBeGreaterThanOrEqual(before - 1000);
      expect(await store.stat('sets/a.npy')).toMatchObject({ key: 'sets/a.npy', bytes: 5 });
      expect(await store.put('sets/a.npy', Buffer.from('second'))).toBe(true);
      expect((await store.read('sets/a.npy', 100))?.content.toString()).toBe('second');
    });

    test('what is not there is undefined, and can be removed', async () => {
      const store = await open();
      expect(await store.read('none', 10)).toBeUndefined();
      expect(await store.readStart('none', 10)).toBeUndefined();
      expect(await store.stat('none')).toBeUndefined();
      await store.remove('none');
      await store.put('one', Buffer.from('x'));
      await store.remove('one');
      expect(await store.stat('one')).toBeUndefined();
    });

    test('the start of an object comes with the size of all of it', async () => {
      const store = await open();
      await store.put('a', Buffer.from('0123456789'));
      const start = await store.readStart('a', 4);
      expect(start?.content.toString()).toBe('0123');
      expect(start?.bytes).toBe(10);
      expect((await store.readStart('a', 40))?.content.toString()).toBe('0123456789');
    });

    test('a larger object than expected is not read', async () => {
      const store = await open();
      await store.put('a', Buffer.alloc(11));
      await expect(store.read('a', 10)).rejects.toThrow(
        'a is too large: 11 bytes; expected at most 10',
      );
    });

    for (const [size, bytes] of [
      ['a small', 10],
      ['a large', LARGE],
    ] as const) {
      test(`of several writers of ${size} object, one writes, and all read that`, async () => {
        const store = await open();
        const contents = [1, 2, 3].map((value) => Buffer.alloc(bytes, value));
        const written = await Promise.all(
          contents.map((content) => store.put('a', content, { ifAbsent: true })),
        );
        expect(written.filter((isWritten) => isWritten)).toHaveLength(1);
        const winner = contents[written.indexOf(true)]!;
        expect((await store.read('a', bytes))?.content.equals(winner)).toBe(true);
        expect(await store.put('a', Buffer.alloc(bytes, 4), { ifAbsent: true })).toBe(false);
        expect((await store.read('a', bytes))?.content.equals(winner)).toBe(true);
      });
    }

    test('all objects below a name are listed, page by page', async () => {
      const store = await open();
      await store.put('other/x', Buffer.from('x'));
      const sets = store.within('sets');
      const keys = Array.from({ length: 12 }, (_, i) => `${i % 3}/${i}`);
      for (const key of keys) await sets.put(key, Buffer.from('12'));
      const listed = await all(sets);
      expect(listed.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
      expect(listed.every(({ bytes }) => bytes === 2)).toBe(true);
      expect((await store.read('sets/0/0', 2))?.content.toString()).toBe('12');
    });
  });
}

const testS3 = testWith(moto());

testS3('S3 lists more than a page of objects', async () => {
  const s3 = await openS3();
  const store = createS3Objects({ ...s3, setting: 'DATA_DIR' });
  for (let i = 0; i < 1100; i += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, j) => store.put(`${i + j}`, Buffer.from('x'))),
    );
  }
  expect(new Set((await all(store)).map(({ key }) => key)).size).toBe(1100);
});

testS3('the loser of a race in parts leaves no parts behind', async () => {
  const s3 = await openS3();
  const store = createS3Objects({ ...s3, setting: 'DATA_DIR' });
  const content = Buffer.alloc(LARGE, 1);
  await Promise.all([1, 2, 3].map(() => store.put('a', content, { ifAbsent: true })));
  expect(await unfinishedUploads(s3)).toEqual([]);
});

testWith(NOTHING_NEEDED)('half-written files are not listed', async () => {
  const folder = await temporaryFolder();
  const store = createFolderObjects(folder);
  await store.put('a', Buffer.from('x'));
  await writeFile(
    path.join(folder, 'b.01234567-89ab-4cde-8f01-23456789abcd.writing'),
    'half a file',
  );
  expect((await all(store)).map(({ key }) => key)).toEqual(['a']);
});

async function all(store: ObjectStore): Promise<ObjectInfo[]> {
  const found: ObjectInfo[] = [];
  for await (const info of store.list()) found.push(info);
  return found;
}
