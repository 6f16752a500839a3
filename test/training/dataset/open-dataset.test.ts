import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { DATASET_FILES } from '../../../src/datasets/card.js';
import { sha256 } from '../../../src/files/whole-file.js';
import { encodeNpy, type NpyData } from '../../../src/formats/npy.js';
import { openDataset } from '../../../training/dataset/open-dataset.js';
import { writeDataset } from '../../../training/dataset/write-dataset.js';
import { newDataset, TINY } from '../../support/datasets.js';
import { temporaryFolder } from '../../support/store.js';

let folder = '';
let digest = '';
beforeEach(async () => {
  folder = path.join(await temporaryFolder(), 'tiny');
  ({ digest } = await writeDataset(folder, newDataset(TINY)));
});

const file = (name: string) => path.join(folder, name);
const readCard = async () => JSON.parse(await readFile(file('dataset.json'), 'utf8'));

/** The message with which the dataset is rejected, without its path; no file stays open. */
async function rejection(): Promise<string> {
  const error = await openDataset(folder).then(
    () => new Error('it was opened'),
    (reason: Error) => reason,
  );
  expect(error.name).toBe('InputError');
  expect(openFiles()).toEqual([]);
  return error.message.replaceAll(`${folder}/`, '');
}

/** The dataset's files that this process holds open. */
function openFiles(): string[] {
  const ids = readdirSync('/proc/self/fd').map((id) => `/proc/self/fd/${id}`);
  const places = execFileSync('readlink', ['-f', ...ids], { encoding: 'utf8' }).split('\n');
  return places.filter((place) => place.startsWith(folder));
}

/** Writes an array in the place of another, with its digest in the card. */
async function replaceArray(name: string, data: NpyData, shape: readonly number[]) {
  const bytes = encodeNpy(data, shape);
  await writeFile(file(name), bytes);
  const card = await readCard();
  card.files[name] = sha256(bytes);
  await writeFile(file('dataset.json'), JSON.stringify(card));
}

test('a dataset that was written is read to the same arrays', async () => {
  const dataset = await openDataset(folder);
  expect(dataset.digest).toBe(digest);
  expect(await dataset.images.rows([3, 0])).toEqual(
    Uint16Array.from([...TINY.images.subarray(18), ...TINY.images.subarray(0, 6)]),
  );
  expect(await dataset.trials.rows([0, 1, 2, 3, 4, 5, 6])).toEqual(TINY.trials);
  expect(dataset.trialImages).toEqual(TINY.trialImages);
  expect(dataset.parts).toEqual(TINY.parts);
  const mean = (a: number, b: number) => (Math.fround(a) + Math.fround(b)) / 2;
  const expected = [2, 3, mean(0.1, 0.2), Number.NaN, mean(-5, 0.3), 6.5, 8, 9];
  expect(dataset.responses).toEqual(Float32Array.from(expected));
  await dataset.close();
  expect(openFiles()).toEqual([]);
});

const ARRAYS = Object.values(DATASET_FILES);

test.each(ARRAYS)(
  '%s is named where it is missing, cut off, longer, changed or a folder',
  async (name) => {
    const bytes = await readFile(file(name));
    await truncate(file(name), bytes.length - 1);
    expect(await rejection()).toMatch(new RegExp(`^${name}.*(cut off|damaged or was changed)`));
    await writeFile(file(name), Buffer.concat([bytes, Buffer.alloc(1)]));
    expect(await rejection()).toMatch(new RegExp(`^${name}.*(too long|damaged or was changed)`));
    for (const place of [0, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[place]! ^= 1;
      await writeFile(file(name), changed);
      expect(await rejection()).toMatch(
        new RegExp(`^${name}.*(not a .npy|damaged or was changed)`),
      );
    }
    await rm(file(name));
    expect(await rejection()).toBe(`${name} cannot be read: is it there?`);
    await mkdir(file(name));
    expect(await rejection()).toMatch(new RegExp(`${name} is not a regular file but a folder$`));
    await rm(file(name), { recursive: true });
    execFileSync('mkfifo', [file(name)]);
    expect(await rejection()).toMatch(new RegExp(`${name} is not a regular file but a pipe$`));
  },
);

test('a card that is missing, damaged, of another form or huge is rejected', async () => {
  const text = await readFile(file('dataset.json'), 'utf8');
  for (const [content, reason] of [
    [text.slice(0, -3), /^dataset.json is damaged: it is not JSON$/],
    [text.replace('dataset/1', 'dataset/2'), /^dataset.json is no card of a dataset: .*format/s],
    [
      text.replace('"height": 3', '"height": 0'),
      /^dataset.json is no card of a dataset: .*height/s,
    ],
    [text.replace('"split.npy"', '"../split.npy"'), /^dataset.json is no card of a dataset: /],
    [text.replace(/,\n {4}"split.npy": "\w+"/, ''), /^dataset.json is no card .*split.npy/s],
  ] as const) {
    expect(content).not.toBe(text);
    await writeFile(file('dataset.json'), content);
    expect(await rejection()).toMatch(reason);
  }
  await truncate(file('dataset.json'), 2 ** 26 + 1);
  expect(await rejection()).toMatch(/dataset.json is too large: 67108865 bytes/);
  await rm(file('dataset.json'));
  expect(await rejection()).toBe(
    `${folder} is no dataset: dataset.json is not there; expected a folder that ingest made`,
  );
});

test('arrays that do not fit the card are rejected, though their digests are right', async () => {
  const numbers = (length: number) => Float32Array.from({ length }, (_, i) => i);
  for (const [name, data, shape, reason] of [
    [
      'images.npy',
      new Uint16Array(18),
      [3, 3, 2],
      /u2 of shape \(3, 3, 2\); expected u2 of .*\(4, 3/,
    ],
    ['trials.npy', numbers(12), [6, 2], /f4 of shape \(6, 2\); expected f4 of shape \(7, 2\)/],
    ['trials.npy', new Float64Array(14), [7, 2], /f8 of shape \(7, 2\); expected f4/],
    ['responses.npy', numbers(8), [2, 4], /shape \(2, 4\); expected f4 of shape \(4, 2\)/],
    [
      'trial_images.npy',
      Int32Array.of(0, 1, 2, 3, 4, 0, 0),
      [7],
      /trial 4 has the image 4; expected 0 to 3/,
    ],
    ['trial_images.npy', Int32Array.of(0, 1, -1, 3, 0, 0, 0), [7], /trial 2 has the image -1/],
    ['split.npy', Uint8Array.of(0, 1, 2, 3), [4], /image 3 has the part 3; expected 0 to 2/],
    [
      'split.npy',
      Uint8Array.of(0, 1, 1, 0),
      [4],
      /2 validation images; expected 1, as in dataset.json/,
    ],
  ] as const) {
    const before = [await readFile(file(name)), await readFile(file('dataset.json'))] as const;
    await replaceArray(name, data, shape);
    const message = await rejection();
    expect(message).toMatch(reason);
    expect(message.startsWith(name), message).toBe(true);
    await writeFile(file(name), before[0]);
    await writeFile(file('dataset.json'), before[1]);
  }
});
