import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { stimulusDigest } from '../../../src/stimulus/stimuli.js';
import { writeDataset } from '../../../training/dataset/write-dataset.js';
import { newDataset, TINY } from '../../support/datasets.js';
import { detailOf } from '../../support/stored-sets.js';
import { createTrainingApp, postJson } from '../../support/training.js';

/** Two images of 3x2 pixels. */
const STIMULI = [
  [
    [0, 0.1],
    [0.2, 0.3],
    [0.4, 0.5],
  ],
  [
    [1, 1],
    [0, 0],
    [1, 1],
  ],
];
const digestOf = (rows: number[][]) =>
  stimulusDigest({ height: 3, width: 2, channels: 1, pixels: Float32Array.from(rows.flat()) });
const FIRST = { id: 'a', stimulus: 0, neurons: [0, 1], responses: [1.5, null], unit: 'spikes/s' };
const SECOND = { ...FIRST, id: 'b', stimulus: 1, valid: false };

/** An app with a stored dataset. @returns also how to post trials to it */
async function open(options: Parameters<typeof createTrainingApp>[0] = {}) {
  const parts = await createTrainingApp(options);
  const send = (place: string, init?: RequestInit) => parts.app.request(place, init);
  const { digest } = await writeDataset(path.join(parts.folder, 'new'), newDataset(TINY));
  const { datasets } = parts.training;
  await writeDataset(datasets.place(digest), newDataset(TINY));
  const place = `/v1/datasets/${digest}`;
  return {
    ...parts,
    send,
    digest,
    place,
    post: (body: unknown) => postJson(send, `${place}/trials`, body),
  };
}

test('trials are on the disk when they are acknowledged, and once when they are sent twice', async () => {
  const { post, training, digest } = await open();
  const answer = await post({ stimuli: STIMULI, trials: [FIRST, SECOND] });
  expect([answer.status, await answer.json()]).toMatchObject([
    200,
    { added: 2, repeated: 0, trials: 2 },
  ]);
  const file = path.join(training.datasets.place(digest), 'trials', 'trials.ndjson');
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).trial)).toMatchObject([
    { id: 'a', stimulus: digestOf(STIMULI[0]!), responses: [1.5, null], valid: true },
    { id: 'b', stimulus: digestOf(STIMULI[1]!), valid: false },
  ]);
  // A later trial may name the image alone.
  const named = { ...FIRST, id: 'c', stimulus: digestOf(STIMULI[0]!) };
  const again = await post({ trials: [{ ...FIRST, stimulus: named.stimulus }, named] });
  expect(await again.json()).toMatchObject({ added: 1, repeated: 1, trials: 3 });
});

test('where one trial is wrong, none is kept, and the message names it', async () => {
  const { post, training, digest } = await open();
  const wrong = (trial: object, stimuli: unknown = STIMULI) =>
    detailOf(post({ stimuli, trials: [FIRST, { ...SECOND, ...trial }] }));
  expect(await wrong({ stimulus: 2 })).toBe(
    '422 trials[1].stimulus is 2; expected the number of one of the 2 stimuli of this request',
  );
  expect(await wrong({ neurons: [0, 2] })).toMatch(
    /^422 trial 1: unknown neuron: 2; expected ids from 0 to 1/,
  );
  expect(await wrong({ responses: [1] })).toMatch(/^422 /);
  expect(await wrong({ unit: 'dF/F' })).toContain('another unit: dF/F; expected spikes/s');
  expect(await wrong({ stimulus: 'e'.repeat(64) })).toContain('unknown image');
  expect(await wrong({}, [[[0.5]]])).toMatch(/^4\d\d /);
  expect(await wrong({ responses: [1e39, 1] })).toMatch(/^422 /);
  expect(await detailOf(post({ trials: [] }))).toMatch(/^422 /);
  expect((await training.datasets.trials(digest)).count).toBe(0);
});

test('trials that there is no room for are rejected before any is kept', async () => {
  const { post, training, digest } = await open({ capacity: 1500 });
  const body = { stimuli: STIMULI, trials: [FIRST, SECOND] };
  expect(await detailOf(post(body))).toMatch(
    /^\d+ too many bytes of recordings and datasets: \d+; expected at most 1500/,
  );
  expect((await training.datasets.trials(digest)).count).toBe(0);
});

test('trials of an unknown dataset, and of one that was deleted, are rejected', async () => {
  const { send, place, post } = await open();
  const body = { stimuli: STIMULI, trials: [FIRST] };
  expect((await postJson(send, `/v1/datasets/${'e'.repeat(64)}/trials`, body)).status).toBe(404);
  expect((await post(body)).status).toBe(200);
  expect((await send(place, { method: 'DELETE' })).status).toBe(204);
  expect((await post(body)).status).toBe(404);
});

test('a dataset that another service deleted, and that was made again, has none of its earlier trials', async () => {
  const first = await open();
  const { app } = await createTrainingApp({ shared: first.folder });
  const post = (body: unknown) =>
    postJson((place, init) => app.request(place, init), `${first.place}/trials`, body);
  const body = { stimuli: STIMULI, trials: [FIRST, SECOND] };
  expect(await (await post(body)).json()).toMatchObject({ added: 2, trials: 2 });
  expect((await first.send(first.place, { method: 'DELETE' })).status).toBe(204);
  await writeDataset(first.training.datasets.place(first.digest), newDataset(TINY));
  const named = { ...FIRST, stimulus: digestOf(STIMULI[0]!) };
  expect(await detailOf(post({ trials: [named] }))).toContain('422 trial 0: unknown image');
  expect(await (await post({ stimuli: STIMULI, trials: [FIRST] })).json()).toMatchObject({
    ...{ added: 1, repeated: 0, trials: 1 },
  });
  expect(await (await first.post(body)).json()).toMatchObject({ added: 1, trials: 2 });
});

test('trials of a dataset that is deleted meanwhile are answered as those of an unknown one', async () => {
  const { post, training, digest } = await open();
  const { trials } = training.datasets;
  const replaced = vi.spyOn(training.datasets, 'trials').mockImplementation(async (name) => {
    const log = await trials(name);
    await training.datasets.remove(name);
    return log;
  });
  const answer = await post({ stimuli: STIMULI, trials: [FIRST] });
  expect(await detailOf(answer)).toContain(`404 unknown dataset: '${digest}'`);
  replaced.mockRestore();
});
