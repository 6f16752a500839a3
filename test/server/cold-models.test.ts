import { pino } from 'pino';
import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { encodeNpy } from '../../src/formats/npy.js';
import { createModelRepository } from '../../src/inference/model-repository.js';
import { createFolderSource } from '../../src/models/folder-source.js';
import { createTestApp } from '../support/app.js';
import { writeCard } from '../support/card-folders.js';
import { createFakeEngine } from '../support/fake-engine.js';
import { startTestApp } from '../support/listening-app.js';
import { saveConstantModel } from '../support/saved-models.js';
import { temporaryFolder } from '../support/store.js';
import { openStream, requestRejectedStream } from '../support/stream-client.js';
import { requestResponses, startTestService } from '../support/test-service.js';

const BODY = new Uint8Array(encodeNpy(new Float32Array(6).fill(0.5), [3, 2]));
const request = (more: RequestInit = {}): RequestInit => ({
  method: 'POST',
  body: BODY,
  ...more,
  headers: { 'Content-Type': 'application/x-npy', ...more.headers },
});

/** Two models, and memory for one. */
async function coldModels() {
  const models = await temporaryFolder();
  for (const name of ['a', 'b']) await writeCard(models, name, 1);
  const engine = createFakeEngine();
  const time = { now: 0 };
  const catalogue = createModelRepository({
    source: createFolderSource(models),
    engine,
    logger: pino({ level: 'silent' }),
    capacity: 1,
    bytesOf: () => 1,
    clock: () => time.now,
  });
  await catalogue.reload();
  return { engine, catalogue, time };
}

test('a cold answer says how long its model was loaded, and a warm one does not', async () => {
  const { time, ...parts } = await coldModels();
  const { app } = createTestApp(parts);
  parts.engine.holdLoads();
  const cold = app.request('/v1/models/a/responses', request());
  await expect.poll(() => parts.engine.loads.length).toBe(1);
  time.now += 70;
  parts.engine.openLoads();
  const answer = await cold;
  expect(answer.headers.get('Server-Timing')).toMatch(/decode;dur=\S+, loading;dur=70, queue;/);
  expect(await answer.json()).toMatchObject({
    responses: [[3, 6, 9, 12]],
    timing: { loading: 70 },
  });
  const warm = await app.request('/v1/models/a/responses', request());
  expect(warm.headers.get('Server-Timing')).not.toContain('loading');
});

test('the card of a cold model is answered without loading it', async () => {
  const { engine, catalogue } = await coldModels();
  const { app } = createTestApp({ engine, catalogue });
  expect((await app.request('/v1/models/a')).status).toBe(200);
  expect((await app.request('/readyz')).status).toBe(200);
  expect(engine.loads).toEqual([]);
});

test('a model that cannot be loaded is a 503 with the reason, until a later request can', async () => {
  const { engine, catalogue, time } = await coldModels();
  const { app } = createTestApp({ engine, catalogue });
  const send = async () => {
    const answer = await app.request('/v1/models/a/responses', request());
    return [answer.status, ((await answer.json()) as { detail?: string }).detail];
  };
  const failure = [503, 'a/1 is not served: weights.safetensors is missing'];
  engine.failNextLoad(new InputError("'/srv/models/a/1/weights.safetensors' is missing"));
  expect(await send()).toEqual([503, "a/1 is not served: 'weights.safetensors' is missing"]);
  engine.failNextLoad(new InputError('weights.safetensors is missing'));
  time.now += 1000;
  expect(await send()).toEqual(failure);
  expect(await send()).toEqual(failure);
  time.now += 1000;
  expect(await send()).toEqual([200, undefined]);
  expect(engine.loads).toHaveLength(3);
});

test('a request waits for a load no longer than its deadline, nor when its client has gone', async () => {
  const { engine, catalogue } = await coldModels();
  const { app } = createTestApp({ engine, catalogue });
  engine.holdLoads();
  const client = new AbortController();
  const gone = app.request('/v1/models/a/responses', request({ signal: client.signal }));
  const headers = { 'X-Deadline-Ms': '5' };
  const late = await app.request('/v1/models/a/responses', request({ headers }));
  expect(late.status).toBe(503);
  expect(((await late.json()) as { detail: string }).detail).toBe(
    'the deadline passed while the model was loaded',
  );
  client.abort();
  expect((await gone).status).toBe(499);
  engine.openLoads();
  expect((await app.request('/v1/models/a/responses', request())).status).toBe(200);
  expect(engine.loads).toHaveLength(1);
});

test('a request waits for another attempt to load no longer than its deadline', async () => {
  const { engine, catalogue, time } = await coldModels();
  const { app } = createTestApp({ engine, catalogue });
  engine.failNextLoad(new InputError('weights.safetensors is missing'));
  expect((await app.request('/v1/models/a/responses', request())).status).toBe(503);
  time.now += 1000;
  engine.holdLoads();
  const headers = { 'X-Deadline-Ms': '1005' };
  const late = await app.request('/v1/models/a/responses', request({ headers }));
  expect([late.status, ((await late.json()) as { detail: string }).detail]).toEqual([
    503,
    'the deadline passed while the model was loaded',
  ]);
  engine.openLoads();
  expect((await app.request('/v1/models/a/responses', request())).status).toBe(200);
});

test('an open stream keeps its model loaded; without it, another takes its place', async () => {
  const { engine, catalogue } = await coldModels();
  const { url } = await startTestApp({ engine, catalogue });
  const digest = catalogue.find('a')!.digest;
  const stream = await openStream(url, 'a/stream?dtype=float32');
  expect([...engine.loaded]).toEqual([digest]);
  const other = fetch(`${url}/v1/models/b/responses`, request());
  await expect.poll(() => catalogue.memory.count).toBe(1);
  stream.send(new Float32Array(6).fill(0.5));
  expect((await stream.next()).status).toBe(200);
  expect([...engine.loaded]).toEqual([digest]);
  stream.socket.close();
  expect((await other).status).toBe(200);
  expect([...engine.loaded]).toEqual([catalogue.find('b')!.digest]);
});

test('a stream on a model that cannot be loaded is not opened', async () => {
  const { engine, catalogue } = await coldModels();
  const { url } = await startTestApp({ engine, catalogue });
  engine.failNextLoad(new InputError('weights.safetensors is missing'));
  const { status, body } = await requestRejectedStream(url, 'a/stream?dtype=float32');
  expect([status, body['detail']]).toEqual([
    503,
    'a/1 is not served: weights.safetensors is missing',
  ]);
});

test('a service whose models do not all fit loads one when it is needed, in place of another', async () => {
  const models = await temporaryFolder();
  for (const name of ['a', 'b', 'c']) await saveConstantModel(models, name);
  const settings = {
    MODELS_DIR: models,
    ENGINE: 'onnx',
    THREADS: '1',
    MODEL_MEMORY: '3000000',
    PRELOAD: 'b',
  };
  const pinned = await startTestService(settings);
  expect(await isCold(pinned.url, 'b')).toBe(false);
  expect((await requestResponses(pinned.url, 'a')).status).toBe(503);
  const { url } = await startTestService({ ...settings, PRELOAD: '' });
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  for (const name of ['a', 'b', 'c', 'a']) {
    expect(await isCold(url, name)).toBe(true);
    expect(await isCold(url, name)).toBe(false);
  }
  const metrics = await (await fetch(`${url}/metrics`)).text();
  for (const line of [
    'hypercolumn_models_known 3',
    'hypercolumn_models_loaded 1',
    'hypercolumn_model_memory_limit_bytes 3000000',
    'hypercolumn_model_loads_total{result="success"} 4',
    'hypercolumn_model_loads_total{result="failure"} 0',
    'hypercolumn_model_evictions_total 3',
    'hypercolumn_model_load_seconds_count 4',
    'hypercolumn_loading_seconds_count 4',
    'hypercolumn_model_ready{model="b",version="1"} 1',
  ]) {
    expect(metrics).toContain(`${line}\n`);
  }
  expect(Number(/hypercolumn_model_memory_bytes (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(
    2 ** 21,
  );
});

async function isCold(url: string, name: string): Promise<boolean> {
  const answer = await requestResponses(url, name);
  expect(await answer.json()).toMatchObject({ responses: [[1, 2, 3, 4]] });
  return answer.headers.get('Server-Timing')?.includes('loading;dur=') ?? false;
}
