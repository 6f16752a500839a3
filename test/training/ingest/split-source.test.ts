import { expect, test } from 'vitest';
import { isSplitName, splitSource, tiersOf } from '../../../training/ingest/split-source.js';

function read(name: string, values: readonly (string | number | boolean)[]) {
  return splitSource(name, values.length, async () => values).read();
}

test.each([
  { name: '/intervals/trials/isTest', values: [0, 1], parts: ['train', 'test'] },
  { name: 'is_validation', values: [true, false], parts: ['validation', 'train'] },
  { name: 'trainMask', values: [1, 0], parts: ['train', 'validation'] },
  { name: 'chosen', values: [1, 0], parts: ['validation', 'train'] },
  { name: 'split', values: [0, 1, 2], parts: ['train', 'validation', 'test'] },
  { name: 'tier', values: [' Training', 'VAL', 'testing'], parts: ['train', 'validation', 'test'] },
])('$name with $values is $parts', async ({ name, values, parts }) => {
  expect(await read(name, values)).toEqual(parts);
});

test('other values are rejected by their place', async () => {
  for (const values of [
    [0, -1],
    [0, 0.5],
    [0, 3],
  ]) {
    await expect(read('split', values)).rejects.toThrow(`--split split has '${values[1]}' at 1`);
  }
});

test('names of splits are known in any spelling, also in groups and structs', () => {
  for (const name of ['isValidation', '/trials/is_test', 'data.tier', 'val', 'split', 'heldOut']) {
    expect(isSplitName(name), name).toBe(true);
  }
  for (const name of ['values', 'interval', '/test/depth', 'order', 'eval_']) {
    expect(isSplitName(name), name).toBe(false);
  }
});

test('a split has a value for each trial, or for each image', async () => {
  const image = Int32Array.of(2, 0, -1, 2);
  const trials = splitSource('isTest', 4, async () => [1, 0, 0, 1]);
  expect(await tiersOf(trials, image, 3)).toEqual(['test', 'train', 'train', 'test']);
  const images = splitSource('isTest', 3, async () => [0, 0, 1]);
  expect(await tiersOf(images, image, 3)).toEqual(['test', 'train', 'train', 'test']);
  const odd = splitSource('isTest', 5, async () => [0, 0, 1, 1, 1]);
  await expect(tiersOf(odd, image, 3)).rejects.toThrow(
    '--split isTest has 5 values; expected 4, one for each trial, or 3, one for each image',
  );
});
