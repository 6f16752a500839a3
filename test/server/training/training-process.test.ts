import { access, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { IngestReport } from '../../../src/datasets/ingest-request.js';
import type { TrainingCurves, TrainReport } from '../../../src/datasets/train-request.js';
import { encodeNpy } from '../../../src/formats/npy.js';
import { SIDE } from '../../support/sites.js';
import { temporaryFolder } from '../../support/store.js';
import { detailOf } from '../../support/stored-sets.js';
import { constantModelFolder, startTestService } from '../../support/test-service.js';
import { describe, postJson, type Send, smallSite, upload } from '../../support/training.js';

const GRAY = new Uint8Array(encodeNpy(new Float32Array(SIDE ** 2).fill(0.5), [SIDE, SIDE]));
/** Some seconds, in which the service is killed. */
const TRAINING = { recipe: 'rf_cnn', epochs: 12 };

const start = async (environment: Record<string, string>) => {
  const service = await startTestService({ ALLOW_TRAINING: '1', ...environment });
  const send: Send = (place, init) => fetch(service.url + place, init);
  return { ...service, send };
};

/** Waits for the end of a job. @returns its events as text */
const events = async (send: Send, id: string) => (await send(`/v1/jobs/${id}/events`)).text();

async function post(send: Send, place: string, body: unknown): Promise<string> {
  const answer = await postJson(send, place, body);
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

const report = async <Report>(send: Send, id: string) =>
  (await (await send(`/v1/jobs/${id}/result`)).json()) as Report;

async function ingest(send: Send): Promise<IngestReport> {
  const { digest } = await upload(send, await smallSite(await temporaryFolder()));
  const id = await post(send, `/v1/recordings/${digest}/ingest`, {});
  expect(await events(send, id)).toContain('"succeeded"');
  const sheet = await send(`/v1/jobs/${id}/result?part=sheet.png`);
  expect(Buffer.from(await sheet.arrayBuffer()).toString('latin1', 1, 4)).toBe('PNG');
  return await report<IngestReport>(send, id);
}

/** Waits until a training has done an epoch. */
async function firstEpoch(send: Send, id: string): Promise<void> {
  const answer = await send(`/v1/jobs/${id}/events`);
  let text = '';
  for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    const previews = text.matchAll(/event: preview\ndata: (.*)\n/g);
    for (const [, data] of previews) {
      const { curves } = JSON.parse(data!) as TrainingCurves;
      if (curves.some(({ CORR }) => CORR.length > 0)) return;
    }
  }
  throw new Error(`the job ended: ${text}`);
}

test('a recording becomes a served model, also where the service is killed in between', async () => {
  const places = { DATA_DIR: await temporaryFolder(), MODELS_DIR: await constantModelFolder() };
  const first = await start(places);
  const found = await ingest(first.send);
  expect(found.card).toMatchObject({
    images: { count: 80, height: SIDE, width: SIDE },
    split: { train: 60, validation: 20 },
    command: expect.stringMatching(/^hypercolumn ingest files --min-repeats 4/),
  });
  expect(found.found.find(({ name }) => name === 'split')?.text).toMatch(/^60 training, 20/);
  expect(found.candidates.responses.length).toBeGreaterThan(0);
  expect(found.expectedSeconds['rf_cnn']).toBeGreaterThan(0);
  const data = `/v1/datasets/${found.dataset}`;
  expect(await (await first.send(data)).json()).toMatchObject({ neurons: 3, images: 80 });

  const killed = await post(first.send, `${data}/train`, { ...TRAINING, name: 'mine' });
  await firstEpoch(first.send, killed);
  await first.kill();
  const { send } = await start(places);
  expect(await events(send, killed)).toContain('"succeeded"');
  const served = { method: 'POST', body: GRAY, headers: { 'Content-Type': 'application/x-npy' } };
  const answer = await send('/v1/models/mine/responses', served);
  expect(await answer.json()).toMatchObject({ model: { name: 'mine', version: 1 } });

  // A training that nothing stops makes the same networks.
  const whole = await post(send, `${data}/train`, { ...TRAINING, name: 'mine' });
  expect(await events(send, whole)).toContain('"succeeded"');
  const [stopped, other] = [
    await report<TrainReport>(send, killed),
    await report<TrainReport>(send, whole),
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
  await expect(access(path.join(places.MODELS_DIR, 'mine'))).rejects.toThrow('ENOENT');
  expect((await send(data, remove)).status).toBe(204);
  expect(await readdir(path.join(places.DATA_DIR, 'datasets'))).toEqual([]);
});

test('a training that is cancelled leaves nothing, and bytes that were not announced are rejected', async () => {
  const DATA_DIR = await temporaryFolder();
  const { send } = await start({ DATA_DIR });
  const { dataset } = await ingest(send);
  const small = { name: 'mine', recipe: 'ff_cnn' };
  const refused = await postJson(send, `/v1/datasets/${dataset}/train`, small);
  expect(await detailOf(refused)).toBe(
    '400 a stimulus of 24x24 pixels is too small for this network',
  );
  const id = await post(send, `/v1/datasets/${dataset}/train`, {
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
  const wrong = await post(send, `/v1/recordings/${digest}/ingest`, {});
  expect(await events(send, wrong)).toContain('wrong bytes in a.npy: their sha256 is');
});
