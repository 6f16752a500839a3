import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { createTestApp } from '../support/app.js';
import { openTestStore } from '../support/store.js';
import { createStoringApp, DIGEST, MODEL, NPY, put, send } from '../support/stored-sets.js';

test('responses are computed once, and later requests reuse them neuron by neuron', async () => {
  const { app, engine, store } = await createStoringApp();
  await put(app);
  const answer = async (query = '', accept = 'application/json') => {
    const response = await send(
      app,
      `responses${query}`,
      { stimulusSet: DIGEST },
      { Accept: accept },
    );
    const cache = /^cache;desc=(\w+), /.exec(response.headers.get('Server-Timing') ?? '')?.[1];
    return { response, cache };
  };
  const asked = () => engine.requests.map(({ neurons }) => [...neurons]);
  const some = await answer('?neurons=7,1');
  expect([some.cache, asked()]).toEqual(['miss', [[3, 1]]]);
  expect(await some.response.json()).toMatchObject({ cache: 'miss', neurons: [7, 1] });
  const all = await answer();
  expect([all.cache, asked()]).toEqual([
    'partial',
    [
      [3, 1],
      [0, 2],
    ],
  ]);
  const expected = await app.request(`${MODEL}/responses`, {
    method: 'POST',
    body: new Uint8Array(NPY),
  });
  const { responses } = (await expected.json()) as { responses: number[][] };
  expect(await all.response.json()).toMatchObject({ cache: 'partial', responses });
  engine.requests.length = 0;
  const reversed = await answer('?neurons=2,1,0');
  expect(await reversed.response.json()).toMatchObject({
    cache: 'hit',
    responses: responses.map(([a, b, c]) => [c, b, a]),
  });
  const binary = await answer('', 'application/octet-stream');
  expect(binary.cache).toBe('hit');
  expect([...new Float32Array(await binary.response.arrayBuffer())]).toEqual(responses.flat());
  expect((await send(app, 'tuning/rank', { stimulusSet: DIGEST })).status).toBe(200);
  expect(asked()).toEqual([]);
  const metrics = await (await app.request('/metrics')).text();
  for (const [result, count] of [
    ['hit', 3],
    ['partial', 1],
    ['miss', 1],
  ]) {
    expect(metrics).toContain(
      `hypercolumn_response_cache_requests_total{result="${result}"} ${count}\n`,
    );
  }
  const folder = path.join(store.folder, 'responses');
  const names = await readdir(folder);
  expect(names).not.toEqual([]);
  for (const name of names) await writeFile(path.join(folder, name), 'damaged');
  expect((await answer()).cache).toBe('miss');
  expect(asked()).toEqual([[0, 1, 2, 3]]);
});

test('cached responses belong to one model, one set and one fit', async () => {
  const { app, engine } = await createStoringApp();
  await put(app);
  const large = new Uint8Array(
    encodeNpy(
      Uint8Array.from({ length: 60 }, (_, i) => 4 * i),
      [2, 6, 5],
    ),
  );
  const { digest } = (await (await put(app, large)).json()) as { digest: string };
  const requests = [
    () => send(app, 'responses', { stimulusSet: DIGEST }),
    () => send(app, 'versions/1/responses', { stimulusSet: DIGEST }),
    () => send(app, 'responses?fit=crop', { stimulusSet: digest }),
    () => send(app, 'responses?fit=resize', { stimulusSet: digest }),
  ];
  for (const request of requests)
    expect(await (await request()).json()).toMatchObject({ cache: 'miss' });
  expect(engine.requests).toHaveLength(4);
  for (const request of requests)
    expect(await (await request()).json()).toMatchObject({ cache: 'hit' });
  expect(engine.requests).toHaveLength(4);
  // Stimuli in a request body are not looked up in the cache.
  const sent = await app.request(`${MODEL}/responses`, {
    method: 'POST',
    body: new Uint8Array(NPY),
  });
  expect(await sent.json()).not.toHaveProperty('cache');
  expect(sent.headers.get('Server-Timing')).not.toContain('cache');
});

test('cached responses past X-Deadline-Ms are rejected too', async () => {
  const { sets, responses } = await openTestStore();
  const slow = {
    ...sets,
    read: (digest: string) => {
      time.now += 10;
      return sets.read(digest);
    },
  };
  const { app, engine, time } = createTestApp({ store: { sets: slow, responses } });
  await put(app);
  const asked = (patience: string) =>
    send(app, 'responses', { stimulusSet: DIGEST }, { 'X-Deadline-Ms': patience });
  expect([(await asked('11')).status, (await asked('11')).status]).toEqual([200, 200]);
  expect((await asked('10')).status).toBe(503);
  expect(engine.requests).toHaveLength(1);
});
