import { copyFile, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CacheEntry, ResponseColumns } from '../../src/storage/response-cache.js';
import { openTestStore, type TestStore, temporaryFolder } from '../support/store.js';

const QUESTION: CacheEntry = {
  model: 'a'.repeat(64),
  stimuli: 'b'.repeat(64),
  count: 3,
  engine: 'fake, paper and pencil',
};
const other = (letter: string): CacheEntry => ({ ...QUESTION, stimuli: letter.repeat(64) });

/** Column `c` responds with c, c + 0.25 and c + 0.5. */
const columns = (...numbers: number[]): ResponseColumns =>
  new Map(numbers.map((c) => [c, Float32Array.of(c, c + 0.25, c + 0.5)]));

const filesIn = async ({ folder }: Pick<TestStore, 'folder'>) =>
  (await readdir(path.join(folder, 'responses'))).map((name) =>
    path.join(folder, 'responses', name),
  );

const known = async ({ responses }: TestStore, entry = QUESTION) => [
  ...(await responses.read(entry, Int32Array.of(0, 1, 2, 3))).keys(),
];

test('columns are added to stored ones and returned unchanged', async () => {
  const { responses } = await openTestStore();
  const all = Int32Array.of(2, 0, 1);
  expect(await responses.read(QUESTION, all)).toEqual(new Map());
  await responses.write(QUESTION, columns(2, 7));
  expect(await responses.read(QUESTION, all)).toEqual(columns(2));
  await Promise.all([responses.write(QUESTION, columns(0)), responses.write(QUESTION, columns(1))]);
  expect(await responses.read(QUESTION, all)).toEqual(columns(2, 0, 1));
});

test('another model, set or engine has no cached responses', async () => {
  const store = await openTestStore();
  await store.responses.write(QUESTION, columns(0));
  for (const entry of [
    { ...QUESTION, model: 'c'.repeat(64) },
    { ...QUESTION, stimuli: 'c'.repeat(64) },
    { ...QUESTION, engine: 'another' },
    // The two digests are swapped.
    { ...QUESTION, model: QUESTION.stimuli, stimuli: QUESTION.model },
  ]) {
    expect(await known(store, entry)).toEqual([]);
  }
  expect(await known(store)).toEqual([0]);
});

test('cached responses survive a restart, as far as the new limit allows', async () => {
  const store = await openTestStore();
  await store.responses.write(QUESTION, columns(0, 3));
  const restarted = await openTestStore({ folder: store.folder });
  expect(restarted.responses.bytes).toBe(4096);
  expect(await known(restarted)).toEqual([0, 3]);
  const without = await openTestStore({ folder: store.folder, cacheCapacity: 0 });
  expect(without.responses.bytes).toBe(0);
  await without.responses.write(QUESTION, columns(0));
  expect(await filesIn(store)).toEqual([]);
});

test('a file with any changed byte is ignored and deleted', async () => {
  const store = await openTestStore();
  await store.responses.write(QUESTION, columns(0, 1));
  const [file] = await filesIn(store);
  const whole = await readFile(file!);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: whole.length - 1 }),
      fc.boolean(),
      async (at, cut) => {
        await store.responses.write(QUESTION, columns(0, 1));
        const bytes = Buffer.from(whole);
        bytes[at]! ^= 0x40;
        await writeFile(file!, cut ? whole.subarray(0, at) : bytes);
        expect(await known(store)).toEqual([]);
        expect(await filesIn(store)).toEqual([]);
        expect(store.log.pop()).toMatchObject({
          msg: 'cached responses are damaged; they are computed again',
        });
      },
    ),
    { numRuns: 50 },
  );
});

test('a file under the name of another is not served', async () => {
  const store = await openTestStore();
  await store.responses.write(QUESTION, columns(0));
  const [file] = await filesIn(store);
  await store.responses.write(other('c'), columns(1));
  const second = (await filesIn(store)).find((name) => name !== file);
  await copyFile(file!, second!);
  expect(await known(store, other('c'))).toEqual([]);
});

test('the least recently used responses are deleted when the room is used up', async () => {
  const store = await openTestStore({ cacheCapacity: 2 * 4096 });
  await store.responses.write(other('1'), columns(0));
  await store.responses.write(other('2'), columns(0));
  await known(store, other('1'));
  await store.responses.write(other('3'), columns(0));
  expect(await filesIn(store)).toHaveLength(2);
  expect(await known(store, other('2'))).toEqual([]);
  expect(await known(store, other('1'))).toEqual([0]);
});

test('the order of use survives a restart', async () => {
  const store = await openTestStore();
  for (const letter of ['1', '2', '3']) await store.responses.write(other(letter), columns(0));
  const past = new Date('2020-01-01T00:00:00Z');
  for (const file of await filesIn(store)) await utimes(file, past, past);
  await known(store, other('2'));
  const [used] = (
    await Promise.all((await filesIn(store)).map(async (file) => ({ file, ...(await stat(file)) })))
  ).toSorted((a, b) => b.mtimeMs - a.mtimeMs);
  const smaller = await openTestStore({ folder: store.folder, cacheCapacity: 4096 });
  expect(await filesIn(smaller)).toEqual([used!.file]);
  expect(await known(smaller, other('2'))).toEqual([0]);
});

test('responses that cannot be cached are logged and still returned', async () => {
  const folder = await temporaryFolder();
  const { responses, log } = await openTestStore({ folder });
  await rm(path.join(folder, 'responses'), { recursive: true });
  await responses.write(QUESTION, columns(0));
  expect(log).toMatchObject([{ msg: 'responses could not be cached' }]);
});
