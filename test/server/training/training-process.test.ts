import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { TrainReport } from '../../../src/datasets/train-request.js';
import { encodeNpy } from '../../../src/formats/npy.js';
import { SIDE } from '../../support/sites.js';
import { temporaryFolder } from '../../support/store.js';
import { detailOf } from '../../support/stored-sets.js';
import { constantModelFolder } from '../../support/test-service.js';
import { describe, postJson } from '../../support/training.js';
import {
  events,
  firstEpoch,
  ingestSmall,
  postJob,
  readReport,
  startTrainingService,
} from '../../support/training-service.js';

const GRAY = new Uint8Array(encodeNpy(new Float32Array(SIDE ** 2).fill(0.5), [SIDE, SIDE]));
/** Some seconds, in which the service is killed. */
const TRAINING = { recipe: 'rf_cnn', epochs: 12 };

test('a recording becomes a served model, also where the service is killed in between', async () => {
  const places = { DATA_DIR: await temporaryFolder(), MODELS_DIR: await constantModelFolder() };
  const first = await startTrainingService(places);
  const found = await ingestSmall(first.send);
  expect(found.card).toMatchObject({
    name: 'small',
    images: { count: 80, height: SIDE, width: SIDE },
    split: { train: 60, validation: 20 },
    command: expect.stringMatching(/^hypercolumn ingest files --min-repeats 4/),
  });
  expect(found.found.find(({ name }) => name === 'split')?.text).toMatch(/^60 training, 20/);
  expect(found.candidates.responses.length).toBeGreaterThan(0);
  expect(found.expectedSeconds?.['rf_cnn']).toBeGreaterThan(0);
  const data = `/v1/datasets/${found.dataset}`;
  const { expectedSeconds } = found;
  const described = { neurons: 3, images: 80, expectedSeconds };
  expect(await (await first.send(data)).json()).toMatchObject(described);

  const killed = await postJob(first.send, `${data}/train`, { ...TRAINING, name: 'mine' });
  await firstEpoch(first.send, killed);
  await first.kill();
  const { send } = await startTrainingService(places);
  expect(await events(send, killed)).toContain('"succeeded"');
  const served = { method: 'POST', body: GRAY, headers: { 'Content-Type': 'application/x-npy' } };
  const answer = await send('/v1/models/mine/responses', served);
  expect(await answer.json()).toMatchObject({ model: { name: 'mine', version: 1 } });

  // A training that nothing stops makes the same networks.
  const whole = await postJob(send, `${data}/train`, { ...TRAINING, name: 'mine' });
  expect(await events(send, whole)).toContain('"succeeded"');
  const [stopped, other] = [
    await readReport<TrainReport>(send, killed),
    await readReport<TrainReport>(send, whole),
  ];
  expect(other.model).toMatchObject({ name: 'mine', version: 2 });
  const table = await (await send(`/v1/jobs/${whole}/result?part=neurons.csv`)).text();
  const [neuron] = other.neurons;
  expect(table.split('\r\n').slice(0, 2)).toEqual([
    'id,CORR,PT_J,PT_S,noiseCeiling,keptEpoch',
    `0,${neuron!.CORR},${neuron!.PT_J},${neuron!.PT_S},,${neuron!.keptEpoch}`,
  ]);
  expect([stopped.neurons, stopped.curves]).toEqual([other.neurons, other.curves]);
  expect(other.curves[0]!.CORR).toHaveLength(TRAINING.epochs);
  const weights = async (version: number) =>
    readFile(path.join(places.MODELS_DIR, 'mine', String(version), 'weights.safetensors'));
  expect((await weights(1)).equals(await weights(2))).toBe(true);
  const card = await (await send('/v1/models/mine/versions/1')).json();
  expect(card).toMatchObject({
    training: { data: { digests: { 'dataset.json': found.dataset } } },
  });

  const versions = async () => {
    const { models } = (await (await send('/v1/models')).json()) as {
      models: { name: string; versions: { version: number }[] }[];
    };
    return models.find(({ name }) => name === 'mine')?.versions.map(({ version }) => version);
  };
  expect(await versions()).toEqual([1, 2]);
  const remove = { method: 'DELETE' };
  expect((await send('/v1/models/mine/versions/1', remove)).status).toBe(204);
  expect(await versions()).toEqual([2]);
  expect((await send('/v1/models/mine', remove)).status).toBe(204);
  expect(await versions()).toBeUndefined();
  expect(await readdir(path.join(places.MODELS_DIR, 'mine'))).toEqual(['.deleted']);
  const next = await postJob(send, `${data}/train`, { ...TRAINING, name: 'mine', epochs: 1 });
  expect(await events(send, next)).toContain('"succeeded"');
  expect((await readReport<TrainReport>(send, next)).model.version).toBe(3);

  const ensemble = { name: 'many', recipe: 'rf_cnn', epochs: 1, members: 2, select: 'heldout' };
  const many = await postJob(send, `${data}/train`, ensemble);
  expect(await events(send, many)).toContain('"succeeded"');
  const { model, curves } = await readReport<TrainReport>(send, many);
  expect(curves.map(({ member }) => member)).toEqual([1, 2]);
  expect(await (await send('/v1/models/many/versions/1')).json()).toMatchObject({
    digest: model.digest,
    members: [{ training: { seed: 1 } }, { training: { seed: 2, data: { heldOutSeed: 1 } } }],
    calibration: { split: 'heldout', images: 6 },
  });
  expect((await send('/v1/models/many/responses', served)).status).toBe(200);

  expect((await send(data, remove)).status).toBe(204);
  expect(await readdir(path.join(places.DATA_DIR, 'datasets'))).toEqual([]);
});

test('a training that is cancelled leaves nothing, and bytes that were not announced are rejected', async () => {
  const DATA_DIR = await temporaryFolder();
  const { send } = await startTrainingService({ DATA_DIR });
  const { dataset } = await ingestSmall(send);
  const small = { name: 'mine', recipe: 'ff_cnn' };
  const refused = await postJson(send, `/v1/datasets/${dataset}/train`, small);
  expect(await detailOf(refused)).toBe(
    '400 the stimulus is too small for this network: 24x24 pixels; expected at least 32x32',
  );
  const beyond = { name: 'mine', recipe: 'rf_cnn', neurons: [0, 3] };
  expect(await detailOf(postJson(send, `/v1/datasets/${dataset}/train`, beyond))).toBe(
    '422 unknown neuron: 3; expected ids from 0 to 2',
  );
  const id = await postJob(send, `/v1/datasets/${dataset}/train`, {
    ...TRAINING,
    name: 'mine',
    epochs: 1000,
  });
  await firstEpoch(send, id);
  await send(`/v1/jobs/${id}`, { method: 'DELETE' });
  expect(await (await send(`/v1/jobs/${id}`)).json()).toMatchObject({ state: 'cancelled' });
  await expect
    .poll(async () =>
      (await readdir(path.join(DATA_DIR, 'jobs'))).filter((name) => name.endsWith('.work')),
    )
    .toEqual([]);

  const files = { 'a.npy': Buffer.from('a') };
  const [file] = describe(files).files;
  const announced = await postJson(send, '/v1/recordings', {
    files: [{ ...file, sha256: 'e'.repeat(64) }],
  });
  const { digest } = (await announced.json()) as { digest: string };
  await send(`/v1/recordings/${digest}/files/0`, {
    method: 'PATCH',
    body: files['a.npy'],
    headers: { 'Upload-Offset': '0' },
  });
  const wrong = await postJob(send, `/v1/recordings/${digest}/ingest`, {});
  expect(await events(send, wrong)).toContain('wrong bytes in a.npy: their sha256 is');
});

test('the service logs once what of its recordings and datasets is damaged', async () => {
  const DATA_DIR = await temporaryFolder();
  const places = ['recordings', 'datasets'].map((kind) =>
    path.join(DATA_DIR, kind, 'e'.repeat(64)),
  );
  for (const place of places) await mkdir(place, { recursive: true });
  const { send, stderr, kill, ended } = await startTrainingService({ DATA_DIR, LOG_LEVEL: 'warn' });
  for (const kind of ['recordings', 'datasets', 'recordings', 'datasets']) {
    expect(await (await send(`/v1/${kind}`)).json()).toMatchObject({ [kind]: [] });
  }
  await kill();
  await ended;
  const lines = stderr().trimEnd().split('\n');
  const folders = lines.map((line) => JSON.parse(line).folder);
  expect(folders.filter((each) => each !== undefined)).toEqual(places);
});
