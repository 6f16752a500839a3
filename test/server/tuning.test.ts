import { expect, test } from 'vitest';
import { encodeNpy, type NpyData } from '../../src/formats/npy.js';
import { createTestApp } from '../support/app.js';

const MODEL = '/v1/models/tiny';
/** Four uniform stimuli whose pixels sum to 0.6, 6, 3 and 0. */
const GRAYS = [0.1, 1, 0.5, 0];
const STIMULI = encodeNpy(
  Float32Array.from({ length: 24 }, (_, i) => GRAYS[Math.floor(i / 6)]!),
  [4, 3, 2],
);

function file(data: Uint8Array): File {
  return new File([new Uint8Array(data)], 'x.npy', { type: 'application/x-npy' });
}

function stimuliAlone(): RequestInit {
  const headers = { 'Content-Type': 'application/x-npy' };
  return { method: 'POST', body: new Uint8Array(STIMULI), headers };
}

function withResponses(data: NpyData, shape: number[]): RequestInit {
  const body = new FormData();
  body.append('stimuli', file(STIMULI));
  body.append('responses', file(encodeNpy(data, shape)));
  return { method: 'POST', body };
}

/** Real responses that are the same for all four neurons, times their column + 1. */
const REAL = withResponses(
  Float64Array.from({ length: 16 }, (_, i) => [0, 2, 4, 1][Math.floor(i / 4)]! * ((i % 4) + 1)),
  [4, 4],
);

async function json(answer: Response | Promise<Response>): Promise<Record<string, unknown>> {
  const response = await answer;
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));

test('rank without real responses is in the order of the predicted ones', async () => {
  const { app, engine } = createTestApp();
  const body = await json(app.request(`${MODEL}/tuning/rank?neurons=0,7`, stimuliAlone()));
  expect(body).toMatchObject({
    model: { name: 'tiny', version: 2, digest: '2'.repeat(64) },
    orderedBy: 'predicted',
    k: 1,
    neurons: [
      { id: 0, order: [1, 2, 0, 3], predicted: near([6, 3, 0.6, 0]), CORR: null, PT_J: null },
      {
        id: 7,
        order: [1, 2, 0, 3],
        predicted: near([24, 12, 2.4, 0]),
        reason: 'no real responses were sent',
      },
    ],
    population: { predicted: near([15, 7.5, 1.5, 0]) },
  });
  expect(body['stimuli']).toHaveLength(4);
  expect(engine.requests.map(({ neurons }) => [...neurons])).toEqual([
    [0, 3],
    [0, 3],
  ]);
});

test('rank with real responses is in their order, with CORR, PT_J and PT_S', async () => {
  const { app } = createTestApp();
  const body = await json(app.request(`${MODEL}/tuning/rank?neurons=1&k=2`, REAL));
  expect(body).toMatchObject({
    orderedBy: 'real',
    k: 2,
    neurons: [
      {
        id: 1,
        order: [2, 1, 3, 0],
        real: [8, 4, 2, 0],
        predicted: near([6, 12, 0, 1.2]),
        CORR: expect.closeTo(7.2 / Math.sqrt(8.75 * 22.32), 6),
        PT_J: 1,
        PT_S: 1,
        theta: 4,
      },
    ],
    population: { real: [8, 4, 2, 0], predicted: near([6, 12, 0, 1.2]) },
  });
});

test('real responses that are not a .npy file are rejected with the name of their field', async () => {
  const { app } = createTestApp();
  const body = new FormData();
  body.append('stimuli', file(STIMULI));
  body.append('responses', file(new TextEncoder().encode('{"neurons": []}')));
  const answer = await app.request(`${MODEL}/tuning/rank`, { method: 'POST', body });
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({
    detail: 'responses: not a .npy file: it does not begin with the bytes \\x93NUMPY',
    errors: [{ path: 'responses' }],
  });
});

test('a neuron that never responds has neither CORR nor peak tuning, and each result says why', async () => {
  const { app } = createTestApp();
  const silent = withResponses(new Float64Array(16), [4, 4]);
  const noPeak = 'the real responses have no peak: the 1 largest end at the smallest, 0';
  const rank = await json(app.request(`${MODEL}/tuning/rank?neurons=1`, silent));
  expect(rank['neurons']).toMatchObject([
    {
      CORR: null,
      PT_J: null,
      PT_S: null,
      theta: 0,
      ties: 3,
      reason: `the real or the predicted responses are constant; ${noPeak}`,
    },
  ]);
  const peak = await json(app.request(`${MODEL}/tuning/peak?neurons=1`, silent));
  expect(peak['neurons']).toMatchObject([{ PT_J: null, PT_S: null, reason: noPeak }]);
});

test('peak gives the strongest stimuli of each neuron next to the real ones', async () => {
  const { app } = createTestApp();
  const alone = await json(app.request(`${MODEL}/tuning/peak?neurons=0&k=2`, stimuliAlone()));
  const top = [
    { stimulus: 1, response: expect.closeTo(6, 5) },
    { stimulus: 2, response: expect.closeTo(3, 5) },
  ];
  expect(alone).toMatchObject({
    k: 2,
    neurons: [
      {
        id: 0,
        top,
        peak: expect.closeTo(6, 5),
        theta: expect.closeTo(3, 5),
        shareAboveHalfPeak: { value: 0.25 },
        sparseness: {
          value: expect.closeTo((1 - 2.4 ** 2 / 11.34) / 0.75, 6),
          formula: expect.any(String),
        },
        PT_J: null,
        PT_S: null,
        reason: 'no real responses were sent',
      },
    ],
  });
  const both = await json(app.request(`${MODEL}/tuning/peak?k=1`, REAL));
  expect(both['neurons']).toHaveLength(4);
  expect(both).toMatchObject({
    neurons: [
      { id: 0, real: { top: [{ stimulus: 2, response: 4 }], theta: 4 }, PT_J: 0, PT_S: 1 },
      {},
      {},
      { id: 7 },
    ],
  });
});

test('a sweep never delays a prediction', async () => {
  const { app, engine } = createTestApp();
  engine.hold();
  const sweep = app.request(`${MODEL}/tuning/parametric`, { method: 'POST' });
  await engine.whenRequested(1);
  const prediction = app.request(`${MODEL}/responses?neurons=1`, stimuliAlone());
  await new Promise(setImmediate);
  engine.open();
  expect([(await sweep).status, (await prediction).status]).toEqual([200, 200]);
  expect(engine.requests.findIndex(({ neurons }) => neurons.length === 1)).toBe(1);
});
