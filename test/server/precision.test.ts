import path from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createKeptRows } from '../../src/experiments/quick-measurement/kept-rows.js';
import type { Interpreter } from '../../src/interpret/interpreter.js';
import { createFolderObjects } from '../../src/objects/folder-objects.js';
import { createTestApp } from '../support/app.js';
import { tinyModel } from '../support/cards.js';
import { energyModel } from '../support/energy-model.js';
import { openTestJobs } from '../support/jobs.js';
import { linearInterpreter } from '../support/linear-interpreter.js';
import { startTestApp } from '../support/listening-app.js';
import { temporaryFolder } from '../support/store.js';
import { openStream } from '../support/stream-client.js';
import { energyApp } from './experiment.js';

const MODEL = { ...tinyModel('tiny', 2), precision: 'int8' as const };

test('answers of a model that is not computed in float32 have its precision', async () => {
  const { app } = createTestApp({ served: [MODEL] });
  const pinned = (tag: string) =>
    app.request('/v1/models/tiny/responses', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'If-Match': `"${tag}"` },
      body: JSON.stringify({
        stimuli: [
          [
            [0, 0],
            [0, 0],
            [0, 0],
          ],
        ],
      }),
    });
  const answer = await pinned(`${MODEL.digest}.int8`);
  expect(answer.headers.get('ETag')).toBe(`"${MODEL.digest}.int8"`);
  expect(await answer.json()).toMatchObject({ model: { digest: MODEL.digest, precision: 'int8' } });
  expect((await pinned(MODEL.digest)).status).toBe(200);
  const other = await pinned(`${MODEL.digest}.bfloat16`);
  expect(other.status).toBe(412);
  expect(await other.json()).toMatchObject({
    detail: 'tiny/2 is computed in int8 here, If-Match names bfloat16',
  });
});

test('a stream of such a model states it at the beginning', async () => {
  const { url } = await startTestApp({ served: [MODEL] });
  const stream = await openStream(url, 'tiny/stream?dtype=float32');
  expect(stream.ready).toMatchObject({ model: { digest: MODEL.digest, precision: 'int8' } });
  expect(stream.headers).toMatchObject({ etag: `"${MODEL.digest}.int8"` });
});

test('gradients and jobs, which are computed in float32, are named so', async () => {
  const { jobs, runner } = await openTestJobs();
  const interpreter: Omit<Interpreter, 'close'> = {
    ...linearInterpreter,
    gradient: async ({ stimuli: { count, pixels } }) => ({
      responses: new Float32Array(count),
      gradient: new Float32Array(pixels.length),
    }),
  };
  const { app } = createTestApp({ served: [MODEL], interpreter, jobs, runner });
  const stimuli = [new Array(3).fill([0, 0])];
  const send = (path: string, body: object) =>
    app.request(`/v1/models/tiny/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'If-Match': `"${MODEL.digest}.int8"` },
      body: JSON.stringify(body),
    });
  for (const [path, body] of [
    ['gradient', { stimuli }],
    ['receptive-field/gradient', { stimuli }],
    ['preferred-stimulus', { restarts: 1 }],
  ] as const) {
    const answer = await send(path, body);
    expect(answer.headers.get('ETag'), path).toBe(`"${MODEL.digest}"`);
    const { model } = (await answer.json()) as { readonly model: object };
    expect(model, path).toEqual({ name: 'tiny', version: MODEL.version, digest: MODEL.digest });
  }
});

test('quick measurements in one precision are not those in another', async () => {
  const folder = path.join(await temporaryFolder(), 'quick');
  const quick = createKeptRows({
    objects: createFolderObjects(path.dirname(folder)).within(path.basename(folder)),
    logger: pino({ level: 'silent' }),
  });
  const room = { capacity: 20_000, limits: { maxStimuli: 20_000 }, quick };
  const [exact, rounded] = [
    energyApp(room),
    energyApp({ ...room, served: [{ ...energyModel(), precision: 'int8' }] }),
  ].map(({ app }) => async (method: 'GET' | 'POST', neurons: number[]) => {
    const body = method === 'POST' ? { body: JSON.stringify({ neurons }) } : {};
    const answer = await app.request('/v1/models/energy/quick-measurement', { method, ...body });
    return ((await answer.json()) as { neurons: { id: number }[] }).neurons.map(({ id }) => id);
  });
  await exact!('POST', [0]);
  expect(await rounded!('GET', [])).toEqual([]);
  await rounded!('POST', [1]);
  expect(await exact!('GET', [])).toEqual([0]);
  expect(await rounded!('GET', [])).toEqual([1]);
});
