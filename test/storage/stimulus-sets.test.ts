import { copyFile, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DamagedError, StoreFullError } from '../../src/errors.js';
import { temporaryFor } from '../../src/files/whole-file.js';
import { decodeNpy } from '../../src/formats/npy.js';
import { stimulusDigests } from '../../src/stimulus/chunks.js';
import { type Stimuli, setDigest } from '../../src/stimulus/stimuli.js';
import { openTestStore, type TestStore, temporaryFolder } from '../support/store.js';

/** `count` uniform stimuli of 3x2 pixels, one for each gray level. */
function grays(count: number, first = 0): Stimuli {
  const pixels = Float32Array.from({ length: count * 6 }, (_, i) => ((first + i) % 256) / 255);
  return { count, height: 3, width: 2, channels: 1 as const, pixels };
}

async function put({ sets }: TestStore, stimuli: Stimuli) {
  return sets.put(stimuli, await stimulusDigests(stimuli));
}

const fileOf = ({ folder }: TestStore, digest: string) =>
  path.join(folder, 'stimulus-sets', `${digest}.npy`);

test('any pixels are returned unchanged under the digest of their digests', async () => {
  const store = await openTestStore();
  const pixel = fc.oneof(
    fc.integer({ min: 0, max: 255 }).map((level) => Math.fround(level / 255)),
    fc.integer({ min: 0, max: 65535 }).map((level) => Math.fround(level / 65535)),
    fc.float({ min: 0, max: 1, noNaN: true }),
  );
  const size = fc.record({
    count: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 5 }),
    width: fc.integer({ min: 1, max: 5 }),
  });
  const stimuli = size.chain(({ count, height, width }) => {
    const length = count * height * width;
    return fc.array(pixel, { minLength: length, maxLength: length }).map((values) => ({
      count,
      height,
      width,
      channels: 1 as const,
      pixels: Float32Array.from(values),
    }));
  });
  await fc.assert(
    fc.asyncProperty(stimuli, async (given) => {
      const digests = await stimulusDigests(given);
      const { set } = await put(store, given);
      expect(set.digest).toBe(setDigest(digests));
      const opened = await store.sets.read(set.digest);
      const positive = given.pixels.map((value) => value + 0);
      expect(opened?.stimuli).toEqual({ ...given, pixels: positive });
      expect(opened?.stimulusDigests).toEqual(digests);
    }),
    { numRuns: 50 },
  );
});

test('pixels are stored as plain .npy in the smallest type that fits them', async () => {
  const store = await openTestStore();
  const levels = { count: 1, height: 1, width: 3, channels: 1 as const };
  const sets = [
    Float32Array.of(0, 51 / 255, 1),
    Float32Array.of(0, 3 / 65535, 1),
    Float32Array.of(0, 0.3, 1),
  ].map((pixels) => ({ ...levels, pixels }));
  const kept = [];
  for (const stimuli of sets) {
    const { set } = await put(store, stimuli);
    const opened = await store.sets.read(set.digest);
    const { stored, shape, data } = decodeNpy(opened!.file);
    expect([stored, shape]).toEqual([set.element, [1, 1, 3]]);
    kept.push(data);
  }
  expect(kept).toEqual([
    Uint8Array.of(0, 51, 255),
    Uint16Array.of(0, 3, 65535),
    Float32Array.of(0, 0.3, 1),
  ]);
});

test('sets are listed, found by another service on the folder, and deleted', async () => {
  const store = await openTestStore();
  const first = await put(store, grays(1));
  const second = await put(store, grays(2));
  expect([first.created, (await put(store, grays(1))).created]).toEqual([true, false]);
  const past = new Date('2020-01-01T00:00:00Z');
  await utimes(fileOf(store, second.set.digest), past, past);
  const other = await openTestStore({ folder: store.folder });
  const listed = await other.sets.list();
  expect(listed).toMatchObject([
    { ...second.set, storedAt: past },
    { ...first.set, storedAt: expect.any(Date) },
  ]);
  expect(await other.sets.remove(first.set.digest)).toBe(true);
  expect(await other.sets.remove(first.set.digest)).toBe(false);
  expect(await store.sets.read(first.set.digest)).toBeUndefined();
  expect(await store.sets.list()).toHaveLength(1);
});

test('a set with a changed byte of its pixels, or a truncated file, is rejected and repaired by another upload', async () => {
  const store = await openTestStore();
  const { set } = await put(store, grays(4));
  const file = fileOf(store, set.digest);
  const whole = await readFile(file);
  const data = whole.length - 24;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: data, max: whole.length - 1 }), async (at) => {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1;
      await writeFile(file, bytes);
      await expect(store.sets.read(set.digest)).rejects.toThrow(DamagedError);
    }),
    { numRuns: 24 },
  );
  for (const length of [whole.length - 1, data, 20, 0]) {
    await writeFile(file, whole);
    await truncate(file, length);
    await expect(store.sets.read(set.digest)).rejects.toThrow(
      `the stored stimulus set ${set.digest} is damaged`,
    );
  }
  expect((await put(store, grays(4))).created).toBe(false);
  expect((await store.sets.read(set.digest))?.stimuli).toEqual(grays(4));
});

test('concurrent reads of a set share one read, and later ones do not', async () => {
  const store = await openTestStore();
  const { digest } = (await put(store, grays(1))).set;
  const [one, other] = await Promise.all([store.sets.read(digest), store.sets.read(digest)]);
  expect(one).toBe(other);
  expect(await store.sets.read(digest)).not.toBe(one);
});

test('a set under the name of another is rejected', async () => {
  const store = await openTestStore();
  const [one, other] = [await put(store, grays(1)), await put(store, grays(1, 100))];
  await copyFile(fileOf(store, one.set.digest), fileOf(store, other.set.digest));
  await expect(store.sets.read(other.set.digest)).rejects.toThrow(DamagedError);
});

test('files that a killed process left incomplete are never listed, and later deleted', async () => {
  const { folder, sets } = await openTestStore();
  const [old, young] = [1, 2].map(() =>
    temporaryFor(path.join(folder, 'stimulus-sets', 'a'.repeat(64))),
  ) as [string, string];
  await writeFile(old, 'half');
  await writeFile(young, 'half');
  const past = new Date(Date.now() - 3_700_000);
  await utimes(old, past, past);
  expect(await sets.list()).toEqual([]);
  await openTestStore({ folder });
  expect(await readdir(path.join(folder, 'stimulus-sets'))).toEqual([path.basename(young)]);
});

test('sets take no more room than allowed, in concurrent uploads too', async () => {
  const block = 4096;
  const store = await openTestStore({ setsCapacity: 3 * block });
  const results = await Promise.allSettled(
    Array.from({ length: 5 }, (_, i) => put(store, grays(1, i))),
  );
  const full = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  expect(full).toHaveLength(2);
  expect(full[0]).toBeInstanceOf(StoreFullError);
  expect(full[0]).toMatchObject({
    status: 507,
    message: expect.stringContaining('delete some'),
  });
  const [first] = await store.sets.list();
  expect((await put(store, grays(1))).created).toBe(false);
  await store.sets.remove(first!.digest);
  expect((await put(store, grays(1, 50))).created).toBe(true);
  await expect(put(store, grays(3000))).rejects.toMatchObject({ status: 413 });
});

test('no file stays open after listing and reading, corrupted sets included', async () => {
  const store = await openTestStore();
  const { digest } = (await put(store, grays(1))).set;
  const open = async () => (await readdir('/proc/self/fd')).length;
  const before = await open();
  for (let i = 0; i < 20; i++) {
    await store.sets.list();
    if (i === 10) await writeFile(fileOf(store, digest), 'damaged');
    const read = store.sets.read(digest);
    if (i < 10) await read;
    else await expect(read).rejects.toThrow(DamagedError);
  }
  expect(await open()).toBe(before);
});

test('a read-only folder is reported when it is opened', async () => {
  await expect(openTestStore({ folder: '/dev/null/store' })).rejects.toThrow('ENOTDIR');
  await expect(openTestStore({ folder: '/proc/a/b/c' })).rejects.toThrow('ENOENT');
});

test('a folder is created with its parents', async () => {
  const folder = path.join(await temporaryFolder(), 'a', 'b');
  expect((await put(await openTestStore({ folder }), grays(1))).created).toBe(true);
});
