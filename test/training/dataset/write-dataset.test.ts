import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { DatasetCard } from '../../../src/datasets/card.js';
import { isTemporary, sha256 } from '../../../src/files/whole-file.js';
import { meanResponses, writeDataset } from '../../../training/dataset/write-dataset.js';
import { pytorch, testWith } from '../../support/capabilities.js';
import { newDataset, TINY } from '../../support/datasets.js';
import { temporaryFolder } from '../../support/store.js';

test('the card counts and names what was written', async () => {
  const folder = path.join(await temporaryFolder(), 'deep/tiny');
  const written = await writeDataset(folder, newDataset(TINY));
  const text = await readFile(path.join(folder, 'dataset.json'));
  expect(DatasetCard.parse(JSON.parse(text.toString()))).toEqual(written.card);
  expect(written.digest).toBe(sha256(text));
  expect(written.card).toMatchObject({
    format: 'hypercolumn-dataset/1',
    images: { count: 4, height: 3, width: 2, channels: 1, white: 65535 },
    trials: { count: 7, maxRepeats: 2 },
    split: { rule: 'as it was made up', train: 2, validation: 1, test: 1 },
  });
  for (const [name, digest] of Object.entries(written.card.files)) {
    expect(sha256(await readFile(path.join(folder, name)))).toBe(digest);
  }
  expect((await readdir(folder)).toSorted()).toEqual([
    'dataset.json',
    'images.npy',
    'responses.npy',
    'split.npy',
    'trial_images.npy',
    'trials.npy',
  ]);
});

test('the same dataset has the same digest wherever it is written', async () => {
  const folder = await temporaryFolder();
  const one = await writeDataset(path.join(folder, 'one'), newDataset(TINY));
  const other = await writeDataset(path.join(folder, 'other'), newDataset(TINY));
  expect(other.digest).toBe(one.digest);
  const trials = TINY.trials.slice();
  trials[0] = 1.5;
  const changed = await writeDataset(path.join(folder, 'changed'), newDataset({ ...TINY, trials }));
  expect(changed.digest).not.toBe(one.digest);
});

const { python, ...numpy } = pytorch();
testWith(numpy)('numpy reads every array, and its own mean is that of the trials', async () => {
  const folder = path.join(await temporaryFolder(), 'tiny');
  const colour = { ...TINY.size, channels: 3, white: 255 } as const;
  const images = Uint8Array.from({ length: 72 }, (_, i) => 3 * i);
  await writeDataset(folder, newDataset({ ...TINY, images, size: colour }));
  const program = `
import json, numpy as np, sys
read = lambda name: np.load(sys.argv[1] + '/' + name + '.npy')
images, trials, rows, responses, split = map(read, ['images', 'trials', 'trial_images', 'responses', 'split'])
means = np.stack([np.nanmean(trials[rows == i].astype(np.float64), axis=0) for i in range(len(images))])
print(json.dumps({
  'types': [str(a.dtype) for a in (images, trials, rows, responses, split)],
  'shapes': [a.shape for a in (images, trials, rows, responses, split)],
  'pixels': images.ravel().tolist(),
  'rows': rows.tolist(),
  'split': split.tolist(),
  'same': bool(np.array_equal(means.astype(np.float32), responses, equal_nan=True)),
  'missing': np.argwhere(np.isnan(responses)).tolist(),
}))`;
  const output = execFileSync(python, ['-W', 'ignore', '-c', program, folder], {
    encoding: 'utf8',
  });
  expect(JSON.parse(output)).toEqual({
    types: ['uint8', 'float32', 'int32', 'float32', 'uint8'],
    shapes: [[4, 3, 2, 3], [7, 2], [7], [4, 2], [4]],
    pixels: [...images],
    rows: [...TINY.trialImages],
    split: [0, 1, 2, 0],
    same: true,
    missing: [[1, 1]],
  });
});

test('the mean is summed in double precision over the measured trials alone', () => {
  const trials = Float32Array.of(0.1, 1e8, 0.2, Number.NaN, 0.3, -1e8, Number.NaN, 1);
  const means = meanResponses(trials, Int32Array.of(0, 0, 0, 0), 2, 2);
  const [a, b, c] = [0.1, 0.2, 0.3].map(Math.fround) as [number, number, number];
  const expected = [(a + b + c) / 3, 1 / 3, Number.NaN, Number.NaN];
  expect(means).toEqual(Float32Array.from(expected));
});

test('what is there already stays, and nothing is left next to it', async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, 'file'), 'mine');
  await mkdir(path.join(folder, 'full'));
  await writeFile(path.join(folder, 'full/mine'), 'mine');
  await mkdir(path.join(folder, 'empty'));
  await symlink('empty', path.join(folder, 'link'));
  await symlink('nowhere', path.join(folder, 'dangling'));
  for (const name of ['file', 'full', 'link', 'dangling']) {
    const place = path.join(folder, name);
    await expect(writeDataset(place, newDataset(TINY)), name).rejects.toThrow(
      `${place} is there already; expected a new folder`,
    );
  }
  await writeDataset(path.join(folder, 'empty'), newDataset(TINY));
  expect((await readdir(folder)).toSorted()).toEqual(['dangling', 'empty', 'file', 'full', 'link']);
  expect(await readdir(path.join(folder, 'full'))).toEqual(['mine']);
});

test('nothing is written where the images end early, fail or are of two types', async () => {
  const folder = await temporaryFolder();
  const whole = newDataset(TINY);
  const [first, second] = [TINY.images.subarray(0, 12), TINY.images.subarray(12)];
  async function* early() {
    yield first;
  }
  async function* failing() {
    yield first;
    throw new Error('the disk of the recording is gone');
  }
  async function* mixed() {
    yield first;
    yield Float32Array.from(second);
  }
  for (const [images, reason] of [
    [early(), /12 elements do not fill the shape \(4, 3, 2\)/],
    [failing(), /the disk of the recording is gone/],
    [mixed(), /rows of Float32Array follow Uint16Array/],
  ] as const) {
    const place = path.join(folder, 'dataset');
    await expect(writeDataset(place, { ...whole, images })).rejects.toThrow(reason);
  }
  expect(await readdir(folder)).toEqual([]);
});

test('an infinite response is rejected by neuron and trial', async () => {
  const trials = TINY.trials.slice();
  trials[5] = Number.NEGATIVE_INFINITY;
  const place = path.join(await temporaryFolder(), 'dataset');
  await expect(writeDataset(place, newDataset({ ...TINY, trials }))).rejects.toThrow(
    'the response of neuron unit 1 in trial 2 is -Infinity; expected a number that float32 holds',
  );
});

/** A process that writes half of a dataset, and then waits. */
async function startHalf(place: string) {
  const dist = (file: string) => pathToFileURL(path.resolve('dist', file)).href;
  const program = `
    const { writeDataset } = await import(${JSON.stringify(dist('training/dataset/write-dataset.js'))});
    const { newDataset, TINY } = await import(${JSON.stringify(dist('test/support/datasets.js'))});
    async function* slow() {
      yield TINY.images.subarray(0, 12);
      console.log('half');
      await new Promise(() => setInterval(() => {}, 1000));
    }
    await writeDataset(${JSON.stringify(place)}, { ...newDataset(TINY), images: slow() }, process);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  return { child, ended };
}

test('what a process that was killed left is removed by the next one, which writes the dataset', async () => {
  const folder = await temporaryFolder();
  const place = path.join(folder, 'dataset');
  const { child, ended } = await startHalf(place);
  const other = await startHalf(path.join(folder, 'other'));
  child.kill('SIGKILL');
  await ended;
  const left = await readdir(folder);
  expect(left).toHaveLength(2);
  expect(left.every(isTemporary)).toBe(true);
  const { child: living, ended: end } = await startHalf(place);
  await writeDataset(place, newDataset(TINY));
  expect(await readdir(place)).toHaveLength(6);
  // Those that are being written stay.
  const now = (await readdir(folder)).toSorted();
  expect(now.map((name) => name.split('.')[0])).toEqual(['dataset', 'dataset', 'other']);
  for (const process of [living, other.child]) process.kill('SIGKILL');
  await Promise.all([end, other.ended]);
});

test('a process that is interrupted leaves nothing', async () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const folder = await temporaryFolder();
    const { child, ended } = await startHalf(path.join(folder, 'dataset'));
    child.kill(signal);
    expect(await ended).toEqual([130, null]);
    expect(await readdir(folder)).toEqual([]);
  }
});
