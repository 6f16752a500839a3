import { expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { withoutPaths } from '../../src/server/models.js';
import { createTestApp } from '../support/app.js';
import { tinyCard, tinyModel } from '../support/cards.js';
import { heldWork, openTestJobs } from '../support/jobs.js';
import { openTestStore } from '../support/store.js';

test('GET / lists where to continue', async () => {
  const { app } = createTestApp();
  const body = await (await app.request('/')).json();
  expect(body).toMatchObject({
    service: 'hypercolumn',
    routes: { 'GET /v1/models': 'The models' },
  });
});

test('every route in the index exists', async () => {
  const { jobs } = await openTestJobs();
  const { id } = await jobs.submit(heldWork().order);
  const { app } = createTestApp({
    store: await openTestStore(),
    jobs,
    limits: { maxStimuli: 1000 },
    capacity: 1000,
  });
  const set = await app.request('/v1/stimulus-sets', {
    method: 'PUT',
    body: new Uint8Array(encodeNpy(new Float32Array(6), [3, 2])),
  });
  const { digest } = (await set.json()) as { digest: string };
  const { routes } = (await (await app.request('/')).json()) as { routes: Record<string, string> };
  for (const route of Object.keys(routes)) {
    const [method = '', path = ''] = route.split(' ');
    const own = path
      .replace('{model}', 'tiny')
      .replace('{digest}', digest)
      .replace('{id}', id)
      .replace('{asset}', 'main.js')
      .replace('{page}', 'jobs.html')
      .replace('{file}', 'start.js');
    const answer = await app.request(own, { method });
    // 403: this app does not train.
    expect([200, 202, 204, 302, 400, 403, 409, 422, 503], route).toContain(answer.status);
  }
});

test('a live service is not yet a ready one', async () => {
  const { app, state, service } = createTestApp();
  const statuses = async () => [
    (await app.request('/livez')).status,
    (await app.request('/readyz')).status,
  ];
  expect(await statuses()).toEqual([200, 200]);
  state.readiness = { state: 'loading' };
  expect(await statuses()).toEqual([200, 503]);
  state.readiness = { state: 'draining', service };
  expect(await statuses()).toEqual([200, 503]);
  expect((await app.request('/v1/models')).status).toBe(200);
});

test('a service without a usable model is not ready', async () => {
  const { app } = createTestApp({ served: [] });
  const answer = await app.request('/readyz');
  expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '1']);
});

test('the list of models has every version, and the reason when one is not served', async () => {
  const unusable = [
    {
      name: 'broken',
      version: 1,
      reason: "cannot read '/srv/models/broken/1/weights.safetensors'",
    },
    { name: 'tiny', version: 3, reason: 'golden responses differ' },
  ];
  const { app } = createTestApp({ unusable });
  const summary = (version: number) => ({
    version,
    ready: true,
    architecture: 'rf_cnn',
    neurons: 4,
    digest: String(version).repeat(64),
  });
  const reason = "cannot read 'weights.safetensors'";
  expect(await (await app.request('/v1/models')).json()).toEqual({
    models: [
      {
        name: 'tiny',
        ...summary(2),
        versions: [
          summary(1),
          summary(2),
          { version: 3, ready: false, reason: 'golden responses differ' },
        ],
      },
      {
        name: 'broken',
        version: 1,
        ready: false,
        reason,
        versions: [{ version: 1, ready: false, reason }],
      },
    ],
    engine: { name: 'fake', device: 'paper and pencil', precision: 'float32' },
    trains: false,
  });
});

test('a card comes with its digest, which is also the ETag', async () => {
  const { app } = createTestApp({ served: [tinyModel('tiny', 1), tinyModel('tiny', 2)] });
  const latest = await app.request('/v1/models/tiny');
  expect(await latest.json()).toEqual({ digest: '2'.repeat(64), ...tinyCard('tiny', 2) });
  expect(latest.headers.get('ETag')).toBe(`"${'2'.repeat(64)}"`);
  const first = await app.request('/v1/models/tiny/versions/1');
  expect(await first.json()).toMatchObject({ version: 1 });
});

test('reasons do not reveal the paths of folders', () => {
  expect(withoutPaths("ENOENT: no such file, open '/srv/a b/models/x/1/w.bin'")).toBe(
    "ENOENT: no such file, open 'w.bin'",
  );
  expect(withoutPaths("no '/w.bin' beside /card.json, imported from file:///srv/dist/x.js")).toBe(
    "no 'w.bin' beside card.json, imported from x.js",
  );
  expect(withoutPaths("the card's weights: Load model from /srv/x/w.onnx failed, it's cut")).toBe(
    "the card's weights: Load model from w.onnx failed, it's cut",
  );
  expect(withoutPaths('C:\\models\\x\\w.bin: cut off')).toBe('w.bin: cut off');
  expect(withoutPaths('neuron 3 and/or 4, 1/2 of them')).toBe('neuron 3 and/or 4, 1/2 of them');
});

test('metrics have requests by route pattern, stages, batches, queue depth and models', async () => {
  const { app } = createTestApp();
  await app.request('/v1/models/tiny/tuning/parametric', { method: 'POST' });
  await app.request('/v1/models/other');
  await app.request('/some/where');
  const answer = await app.request('/metrics');
  expect(answer.headers.get('Content-Type')).toMatch(/^text\/plain; version=/);
  const text = await answer.text();
  const parametric = 'route="/v1/models/:model/tuning/parametric",method="POST",status="200"';
  for (const line of [
    `hypercolumn_http_requests_total{${parametric}} 1`,
    'hypercolumn_http_requests_total{route="/v1/models/:model",method="GET",status="404"} 1',
    'hypercolumn_http_requests_total{route="unmatched",method="GET",status="404"} 1',
    'hypercolumn_batch_size_sum 97',
    'hypercolumn_queue_depth 0',
    'hypercolumn_deadline_misses_total 0',
    'hypercolumn_engine_restarts_total 0',
    'hypercolumn_model_ready{model="tiny",version="2"} 1',
    'hypercolumn_model_ready{model="broken",version="1"} 0',
    'hypercolumn_http_request_seconds_count 3',
    'hypercolumn_answer_seconds_count{route="/v1/models/:model/tuning/parametric"} 1',
    ...['decode', 'queue', 'infer', 'encode'].map(
      (stage) => `hypercolumn_${stage}_seconds_count 1`,
    ),
  ]) {
    expect(text).toContain(`${line}\n`);
  }
});
