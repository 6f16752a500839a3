import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { DamagedError, InputError } from '../../src/errors.js';
import { sha256, temporaryFor } from '../../src/files/whole-file.js';
import { createObjectCache, type ObjectCache } from '../../src/objects/object-cache.js';
import { testWith } from '../support/capabilities.js';
import { mounting, mountSmallDisk } from '../support/small-disk.js';
import { temporaryFolder } from '../support/store.js';

async function openCache(options: { folder?: string; capacity?: number } = {}) {
  const { folder = path.join(await temporaryFolder(), 'cache'), capacity = 2 ** 20 } = options;
  const log: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line)) });
  const cache = createObjectCache({ folder, capacity, logger });
  let fetched = 0;
  const read = (content: Buffer) =>
    cache.read(sha256(content), async () => {
      fetched += 1;
      return content;
    });
  return { cache, folder, read, log, fetched: () => fetched };
}

const object = (fill: number, bytes = 10_000) => Buffer.alloc(bytes, fill);

test('an object is fetched once, and read from the disk from then on, also by another process', async () => {
  const first = await openCache();
  expect(await first.read(object(1))).toEqual(object(1));
  expect(await first.read(object(1))).toEqual(object(1));
  expect(first.fetched()).toBe(1);
  const second = await openCache({ folder: first.folder });
  expect(await second.read(object(1))).toEqual(object(1));
  expect(second.fetched()).toBe(0);
});

test('what is not in the store is neither returned nor kept', async () => {
  const { cache, folder } = await openCache();
  expect(await cache.read(sha256('x'), async () => undefined)).toBeUndefined();
  await expect(readdir(folder)).rejects.toThrow('ENOENT');
});

test('what has another sha256 than expected is neither returned nor kept', async () => {
  const { cache, folder } = await openCache();
  const wrong = cache.read(sha256('x'), async () => Buffer.from('y'));
  await expect(wrong).rejects.toBeInstanceOf(DamagedError);
  await expect(readdir(folder)).rejects.toThrow('ENOENT');
});

test('a damaged copy is fetched again', async () => {
  const { folder, read, fetched, log } = await openCache();
  await read(object(1));
  const file = path.join(folder, sha256(object(1)));
  await writeFile(file, object(2));
  expect(await read(object(1))).toEqual(object(1));
  expect(fetched()).toBe(2);
  expect(await readFile(file)).toEqual(object(1));
  expect(log[0]?.['msg']).toBe('a cached object is damaged; it is read from the store again');
});

test('the least recently used copies leave when the capacity is used up, those of other processes too', async () => {
  const { folder, read } = await openCache({ capacity: 30_000 });
  const other = await openCache({ folder, capacity: 30_000 });
  await read(object(1));
  await other.read(object(2));
  await read(object(3));
  const at = (fill: number, seconds: number) =>
    utimes(path.join(folder, sha256(object(fill))), seconds, seconds);
  await Promise.all([at(1, 100), at(2, 200), at(3, 300)]);
  await read(object(1)); // used now
  await read(object(4));
  const kept = [1, 3, 4].map((fill) => sha256(object(fill)));
  expect((await readdir(folder)).toSorted()).toEqual(kept.toSorted());
});

test('an object larger than the capacity is returned and not kept', async () => {
  const { folder, read } = await openCache({ capacity: 5000 });
  expect(await read(object(1))).toEqual(object(1));
  await expect(readdir(folder)).rejects.toThrow('ENOENT');
});

test('small objects count with the room that they take on a disk', async () => {
  const { folder, read } = await openCache({ capacity: 2 * 4096 });
  for (const fill of [1, 2, 3]) await read(object(fill, 10));
  expect(await readdir(folder)).toHaveLength(2);
});

test('what a killed process left half written is removed after an hour; other files are left alone', async () => {
  const { folder, read } = await openCache();
  await mkdir(folder);
  const [old, young] = [temporaryFor(path.join(folder, 'a')), temporaryFor(path.join(folder, 'b'))];
  for (const file of [old, young, path.join(folder, 'notes.txt')]) await writeFile(file, 'x');
  await utimes(old, 100, 100);
  await read(object(1));
  const names = [path.basename(young), 'notes.txt', sha256(object(1))];
  expect((await readdir(folder)).toSorted()).toEqual(names.toSorted());
});

test('without a folder that can be used all is fetched, which is logged once', async () => {
  const file = path.join(await temporaryFolder(), 'file');
  await writeFile(file, 'not a folder');
  const { read, fetched, log } = await openCache({ folder: path.join(file, 'cache') });
  for (const fill of [1, 2, 1]) expect(await read(object(fill))).toEqual(object(fill));
  expect(fetched()).toBe(3);
  expect(log.map(({ msg }) => msg)).toEqual([
    'the cache of objects cannot be used; they are read from their store',
  ]);
});

testWith(mounting())('on a full disk objects are returned all the same', async () => {
  const { folder } = await mountSmallDisk(64 * 1024);
  const { read, log } = await openCache({ folder: path.join(folder, 'cache'), capacity: 2 ** 30 });
  for (const fill of [1, 2, 3]) {
    expect(await read(object(fill, 40_000))).toEqual(object(fill, 40_000));
  }
  expect(log).toHaveLength(1);
  expect(log[0]?.['err']).toMatchObject({ code: 'ENOSPC' });
});

testWith(mounting())('copies on a disk that has become read-only are still read', async () => {
  const disk = await mountSmallDisk();
  const { read, fetched, log } = await openCache({ folder: path.join(disk.folder, 'cache') });
  await read(object(1));
  disk.remount('ro');
  for (const fill of [1, 2, 1]) expect(await read(object(fill))).toEqual(object(fill));
  expect(fetched()).toBe(2);
  expect(log).toHaveLength(1);
  expect(log[0]?.['err']).toMatchObject({ code: 'EROFS' });
});

/** Files of a folder, and how often they were fetched. */
function folderOf(cache: ObjectCache, fill: number, bytes = 10_000) {
  const files = new Map([
    ['lab/1/card.json', object(fill, 100)],
    ['lab/1/weights', object(fill, bytes)],
  ]);
  const name = sha256(object(fill));
  let fetched = 0;
  const open = () =>
    cache.folder(name, {
      isWhole: async (folder) =>
        (await readFile(path.join(folder, 'lab/1/weights'))).equals(object(fill, bytes)),
      fetch: async () => {
        fetched += 1;
        return files;
      },
    });
  return { name: `${name}.files`, open, fetched: () => fetched };
}

test('a folder is fetched where it is missing or damaged, and many may open it at the same time', async () => {
  const { cache, folder, log } = await openCache();
  const { name, open, fetched } = folderOf(cache, 1);
  const places = await Promise.all([open(), open(), open()]);
  expect(new Set(places)).toEqual(new Set([path.join(folder, name)]));
  expect(await readdir(folder)).toEqual([name]);
  const first = fetched();
  const weights = path.join(await open(), 'lab/1/weights');
  expect(fetched()).toBe(first);
  await writeFile(weights, 'damaged');
  await open();
  expect(fetched()).toBe(first + 1);
  expect(await readFile(weights)).toEqual(object(1));
  expect(log).toMatchObject([
    { msg: 'a cached object is damaged; it is read from the store again' },
  ]);
});

test('folders and objects share the capacity, and the least recently used leave', async () => {
  const { cache, folder, read } = await openCache({ capacity: 30_000 });
  const [first, second] = [folderOf(cache, 1), folderOf(cache, 2)];
  const at = (name: string, seconds: number) => utimes(path.join(folder, name), seconds, seconds);
  await first.open();
  await read(object(3));
  await Promise.all([at(first.name, 100), at(sha256(object(3)), 200)]);
  await first.open(); // used now
  await second.open();
  expect((await readdir(folder)).toSorted()).toEqual([first.name, second.name].toSorted());
  await Promise.all([at(first.name, 100), at(second.name, 200)]);
  await read(object(4, 12_000));
  expect((await readdir(folder)).toSorted()).toEqual(
    [second.name, sha256(object(4, 12_000))].toSorted(),
  );
});

test('a folder that a killed process left half written is removed after an hour', async () => {
  const { cache, folder } = await openCache();
  const partial = temporaryFor(path.join(folder, 'a.files'));
  await mkdir(path.join(partial, 'lab'), { recursive: true });
  await utimes(partial, 100, 100);
  const { name, open } = folderOf(cache, 1);
  await open();
  expect(await readdir(folder)).toEqual([name]);
});

testWith(mounting())(
  'a folder that does not fit on the disk is an error with the reason',
  async () => {
    const disk = await mountSmallDisk(64 * 1024);
    const folder = path.join(disk.folder, 'cache');
    const { cache } = await openCache({ folder, capacity: 2 ** 30 });
    await expect(folderOf(cache, 1, 80_000).open()).rejects.toThrow(
      new InputError(`its files cannot be written to ${folder}: ENOSPC`),
    );
    expect(await readdir(folder)).toEqual([]);
  },
);
