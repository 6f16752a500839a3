import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStepLog } from '../../src/jobs/step-log.js';
import { temporaryFolder } from '../support/store.js';

const ID = 'a'.repeat(32);
const ORIGIN = 'onnx';

async function savedSteps() {
  const folder = await temporaryFolder();
  const log = await openStepLog(folder, ID, ORIGIN);
  await log.save('first', { x: 0.1 });
  await log.save('second', [1, null]);
  const file = path.join(folder, `${ID}.steps`);
  const reopen = (origin = ORIGIN, id = ID) => openStepLog(folder, id, origin);
  return { folder, file, reopen, text: readFileSync(file, 'utf8') };
}

test('saved steps are found again, and others are not', async () => {
  const { reopen } = await savedSteps();
  const log = await reopen();
  expect(log.find('first')).toEqual({ x: 0.1 });
  expect(log.find('second')).toEqual([1, null]);
  expect(log.find('third')).toBeUndefined();
});

test('JSON values are kept to the last bit', async () => {
  const folder = await temporaryFolder();
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.jsonValue({ maxDepth: 3 }), async (key, value) => {
      const kept: unknown = JSON.parse(JSON.stringify(value));
      await (await openStepLog(folder, ID, ORIGIN)).save(key, value);
      expect((await openStepLog(folder, ID, ORIGIN)).find(key)).toEqual(kept);
    }),
    { numRuns: 30 },
  );
});

test('steps of another engine or another job are not used', async () => {
  const { reopen, folder, file } = await savedSteps();
  expect((await reopen('wasm')).find('first')).toBeUndefined();
  const other = 'b'.repeat(32);
  writeFileSync(path.join(folder, `${other}.steps`), readFileSync(file));
  expect((await reopen(ORIGIN, other)).find('first')).toBeUndefined();
});

test.each([
  ['an unfinished line', (text: string) => text.slice(0, -10)],
  ['a changed value', (text: string) => text.replace('[1,null]', '[2,null]')],
  ['another key', (text: string) => text.replace('"second"', '"first"')],
  ['null', () => 'null\n5\n"x"\n{}'],
  ['random bytes', () => '\u0000\u0001{"key'],
])('%s is passed over, and steps can be saved after it', async (_, corrupt) => {
  const { reopen, file, text } = await savedSteps();
  const corrupted = corrupt(text);
  writeFileSync(file, corrupted);
  const log = await reopen();
  expect(log.find('second')).toBeUndefined();
  expect(log.find('first')).toEqual(corrupted.includes('0.1') ? { x: 0.1 } : undefined);
  await log.save('second', 7);
  expect((await reopen()).find('second')).toBe(7);
});

test.each([
  ['a folder', (file: string) => mkdirSync(file)],
  ['a link', (file: string) => symlinkSync('elsewhere', file)],
])('%s in the place of the steps is deleted', async (_, make) => {
  const folder = await temporaryFolder();
  make(path.join(folder, `${ID}.steps`));
  const log = await openStepLog(folder, ID, ORIGIN);
  await log.save('first', 1);
  expect((await openStepLog(folder, ID, ORIGIN)).find('first')).toBe(1);
  expect(existsSync(path.join(folder, 'elsewhere'))).toBe(false);
});
