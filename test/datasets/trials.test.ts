import { appendFile, mkdtemp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { readDatasetCard } from '../../src/datasets/read-card.js';
import { type NewTrial, Trial } from '../../src/datasets/trial.js';
import { openTrialLines, trialLine } from '../../src/datasets/trial-lines.js';
import { openTrials } from '../../src/datasets/trials.js';
import type { StimulusImage } from '../../src/stimulus/stimuli.js';
import { writeDataset } from '../../training/dataset/write-dataset.js';
import { newDataset, TINY } from '../support/datasets.js';
import { sharedFolder } from '../support/store.js';
import { newTrial } from '../support/trials.js';

const folder = sharedFolder();
let dataset = '';
let log = '';
beforeEach(async () => {
  dataset = path.join(await mkdtemp(path.join(folder, 'data-')), 'tiny');
  log = path.join(dataset, 'trials', 'trials.ndjson');
  await writeDataset(dataset, newDataset(TINY));
});

function image(seed: number, height = 3): StimulusImage {
  const pixels = Float32Array.from({ length: 2 * height }, (_, i) => (i + seed) / 20);
  return { height, width: 2, channels: 1, pixels };
}

const FIRST = newTrial('a', image(0), [1.5, null], {
  window: { from: 40, to: 100 },
  onset: { seconds: 12.25, clock: 'rig' },
  repeat: 0,
});
const SECOND = newTrial('b', image(1), [-2, 1e-3], { valid: false });

test('trials are there after they are appended, in order, and the dataset stays the same', async () => {
  const { digest } = await readDatasetCard(dataset);
  const opened = await openTrials(dataset);
  expect([opened.count, opened.trials]).toEqual([0, []]);
  const empty = opened.digest();
  expect(await opened.append([FIRST])).toEqual({ added: 1, repeated: 0 });
  expect(await opened.append([SECOND, FIRST])).toEqual({ added: 1, repeated: 1 });
  for (const each of [opened, await openTrials(dataset)]) {
    expect(each.trials).toEqual([FIRST.trial, SECOND.trial]);
    expect(each.count).toBe(2);
    expect(each.digest()).toBe(opened.digest());
    expect(each.warnings).toEqual([]);
    expect(await each.pixels(SECOND.trial.stimulus)).toEqual(image(1).pixels);
  }
  expect(opened.digest()).not.toBe(empty);
  expect((await readDatasetCard(dataset)).digest).toBe(digest);
  const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).trial.id)).toEqual(['a', 'b']);
});

test('a trial that is sent again adds nothing, also by another process and at the same time', async () => {
  const [one, other] = [await openTrials(dataset), await openTrials(dataset)];
  const done = await Promise.all([
    one.append([FIRST, FIRST]),
    one.append([FIRST]),
    other.append([SECOND, FIRST]),
  ]);
  expect(done[0].added + done[1].added).toBeLessThanOrEqual(1);
  const again = await openTrials(dataset);
  expect(again.trials.map(({ id }) => id).toSorted()).toEqual(['a', 'b']);
  for (const each of [one, other]) {
    await each.append([]);
    expect(each.digest()).toBe(again.digest());
  }
});

test('a trial is the same one in whatever order its fields come', async () => {
  const fields = Object.entries(FIRST.trial).toReversed();
  const reversed = Object.fromEntries(fields) as NewTrial['trial'];
  const opened = await openTrials(dataset);
  expect(await opened.append([{ ...FIRST, trial: reversed }])).toEqual({ added: 1, repeated: 0 });
  expect(await opened.append([FIRST])).toEqual({ added: 0, repeated: 1 });
});

test('the image is needed with its first trial alone', async () => {
  const opened = await openTrials(dataset);
  const without = (id: string): NewTrial => ({ trial: { ...FIRST.trial, id } });
  await expect(opened.append([without('x')])).rejects.toThrow(
    /^trial 0: unknown image: [0-9a-f]{64}; expected its pixels with the first trial that has it$/,
  );
  expect(await opened.append([FIRST, without('x')])).toEqual({ added: 2, repeated: 0 });
  expect(await (await openTrials(dataset)).append([without('y')])).toMatchObject({ added: 1 });
  expect(await readdir(path.join(dataset, 'trials', 'images'))).toHaveLength(1);
});

test('a line that a killed process left unfinished is left out and named, and no other is lost', async () => {
  const whole = await openTrials(dataset);
  await whole.append([FIRST]);
  const once = whole.digest();
  await whole.append([SECOND]);
  const { length } = await readFile(log);
  for (const lost of [1, 2, 40]) {
    await truncate(log, length - lost);
    const opened = await openTrials(dataset);
    expect(opened.trials).toEqual([FIRST.trial]);
    expect(opened.digest()).toBe(once);
    expect(opened.warnings).toEqual([
      `${log}: line 2 is left out: it is incomplete, as a process leaves it that is killed, or damaged`,
    ]);
    expect(await opened.append([SECOND])).toEqual({ added: 1, repeated: 0 });
    const again = await openTrials(dataset);
    expect(again.trials).toEqual([FIRST.trial, SECOND.trial]);
    expect(again.digest()).toBe(whole.digest());
    // Where only the end of the line was lost, the line counts once it is ended.
    expect(again.warnings).toHaveLength(lost === 1 ? 0 : 1);
    await writeFile(log, (await readFile(log, 'utf8')).split('\n').toSpliced(1, 1).join('\n'));
  }
});

test('a changed line counts no more, and a changed or missing image is named', async () => {
  const opened = await openTrials(dataset);
  await opened.append([FIRST, SECOND]);
  await writeFile(log, (await readFile(log, 'utf8')).replace('1.5', '9.5'));
  const changed = await openTrials(dataset);
  expect(changed.trials).toEqual([SECOND.trial]);
  expect(changed.warnings[0]).toMatch(/line 1 is left out/);
  const file = path.join(dataset, 'trials', 'images', `${SECOND.trial.stimulus}.npy`);
  await appendFile(file, 'x');
  await expect(changed.pixels(SECOND.trial.stimulus)).rejects.toThrow(/is damaged or was changed/);
  await expect(changed.pixels('0'.repeat(64))).rejects.toThrow(/cannot be read: is it there\?$/);
  await truncate(log, 3);
  await expect(opened.append([])).rejects.toThrow(/became shorter: 3 bytes; expected at least/);
});

test('trials that do not fit the dataset are rejected with the reason, and none of them is kept', async () => {
  const opened = await openTrials(dataset);
  const rejected = (...trials: readonly NewTrial[]) =>
    expect(opened.append([FIRST, ...trials])).rejects;
  await rejected(newTrial('c', image(0), [1, 2, 3])).toMatchObject({
    message: 'trial 1: unknown neuron: 2; expected ids from 0 to 1, as in the dataset',
    problems: [{ path: 'trials[1].neurons' }],
  });
  await rejected(newTrial('c', image(0), [1], { unit: 'dF/F' })).toThrow(
    'trial 1: another unit: dF/F; expected spikes/s, as in the dataset',
  );
  await rejected(newTrial('c', image(0), [1], { window: { from: 40, to: 90 } })).toThrow(
    'trial 1: another window: 40:90ms; expected 40:100ms, as in the dataset',
  );
  await rejected(newTrial('c', image(0), [1], { window: { from: 0.04, to: 0.1 } })).toThrow(
    'trial 1: another window: 0.04:0.1ms; expected 40:100ms, as in the dataset',
  );
  await rejected(newTrial('c', image(0, 4), [1])).toThrow(
    'trial 1: an image of 4x2; expected 3x2, as in the dataset',
  );
  await rejected({ ...SECOND, image: image(0) }).toThrow(
    `trial 1: the image has the digest ${FIRST.trial.stimulus}; expected ${SECOND.trial.stimulus}`,
  );
  await rejected(newTrial('a', image(0), [2])).toThrow(
    'trial 1: another trial has the id a; expected a new id',
  );
  await rejected(...Array.from({ length: 10_000 }, () => FIRST)).toThrow(
    'too many trials at once: 10001; expected at most 10000',
  );
  await expect(readdir(path.join(dataset, 'trials'))).rejects.toThrow('ENOENT');
  await opened.append([FIRST]);
  await expect(opened.append([newTrial('a', image(0), [2])])).rejects.toThrow(/has the id a/);
  await expect(openTrials(folder)).rejects.toThrow(/is no dataset: dataset.json is not there/);
});

test('a window of seconds is rejected where the dataset has none', async () => {
  const tiny = newDataset(TINY);
  const responses = { ...tiny.card.responses, window: null };
  const place = path.join(path.dirname(dataset), 'without');
  await writeDataset(place, { ...tiny, card: { ...tiny.card, responses } });
  const opened = await openTrials(place);
  const append = (from: number, to: number) =>
    opened.append([newTrial('c', image(0), [1], { window: { from, to } })]);
  await expect(append(0.04, 0.1)).rejects.toThrow(
    'trial 0: the window is within 5 ms of the onset: 0.04:0.1ms; expected milliseconds: 40:100ms if seconds were meant',
  );
  expect(await append(40, 90)).toMatchObject({ added: 1 });
});

test('a trial is checked where it comes in', () => {
  expect(Trial.parse({ ...FIRST.trial, valid: undefined })).toEqual(FIRST.trial);
  const { trial } = FIRST;
  for (const [changes, message] of [
    [{ responses: [1] }, 'must have a number, or null, for each of the neurons'],
    [{ neurons: [1, 1] }, 'must name each neuron once'],
    [{ window: { from: 100, to: 100 } }, 'must end after it begins'],
    [{ responses: [1e39, 0] }, 'Too big'],
    [{ id: 'a\n' }, 'must be without control characters'],
    [{ more: 1 }, 'Unrecognized key'],
  ] as const) {
    const { error } = Trial.safeParse({ ...trial, ...changes });
    expect(error?.issues[0]?.message).toContain(message);
  }
});

test('a log never becomes so large that it cannot be read', async () => {
  const line = trialLine(FIRST.trial);
  const bytes = JSON.stringify(line).length + 1;
  const open = () => openTrialLines(log, 2 * bytes);
  const lines = open();
  await lines.append([line]);
  await expect(lines.append([line])).rejects.toThrow(
    `the trials of the dataset take too many bytes: more than ${2 * bytes}; expected`,
  );
  expect(await open().readNew()).toEqual({ lines: [line], damaged: [] });
});
