import path from 'node:path';
import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import packageFile from '../../../package.json' with { type: 'json' };
import { createModelRepository } from '../../../src/inference/model-repository.js';
import { createFolderSource } from '../../../src/models/folder-source.js';
import { protocolRoutes } from '../../../src/server/open-inference/routes.js';
import type { Route } from '../../../src/server/route.js';
import { createTestApp } from '../../support/app.js';
import { breakCard, removeVersion, writeCard } from '../../support/card-folders.js';
import { createFakeEngine } from '../../support/fake-engine.js';
import { IN_JSON, INFER, jsonRequest } from '../../support/protocol.js';
import { temporaryFolder } from '../../support/store.js';

let models = '';
beforeEach(async () => {
  models = await temporaryFolder();
});

test('the server metadata has its name, version and extensions', async () => {
  const { app } = createTestApp();
  for (const path of ['/v2', '/v2/']) {
    expect(await (await app.request(path)).json()).toEqual({
      name: 'hypercolumn',
      version: packageFile.version,
      extensions: expect.arrayContaining(['binary_tensor_data', 'model_repository', 'statistics']),
    });
  }
});

test('a live server is not yet a ready one', async () => {
  const { app, state, service } = createTestApp();
  const send = async (kind: string) => {
    const answer = await app.request(`/v2/health/${kind}`);
    expect(answer.headers.get('Content-Type')).toBe('application/json');
    return [answer.status, await answer.json()];
  };
  expect(await send('live')).toEqual([200, { live: true }]);
  expect(await send('ready')).toEqual([200, { ready: true }]);
  state.readiness = { state: 'loading' };
  expect(await send('live')).toEqual([200, { live: true }]);
  expect(await send('ready')).toEqual([503, { error: 'the models are still being loaded' }]);
  state.readiness = { state: 'draining', service };
  expect(await send('ready')).toEqual([503, { error: 'the service is shutting down' }]);
});

test('a model has its tensors, readiness and configuration', async () => {
  const { app } = createTestApp();
  const send = async (path: string) => (await app.request(`/v2/models/tiny${path}`)).json();
  const metadata = {
    name: 'tiny',
    versions: ['1', '2'],
    platform: 'hypercolumn_fake',
    inputs: [
      { name: 'stimulus', datatype: 'FP32', shape: [-1, 3, 2] },
      { name: 'neurons', datatype: 'INT32', shape: [-1] },
    ],
    outputs: [{ name: 'responses', datatype: 'FP32', shape: [-1, 4] }],
  };
  expect(await send('')).toEqual(metadata);
  expect(await send('/versions/1')).toEqual(metadata);
  expect(await send('/ready')).toEqual({ name: 'tiny', ready: true });
  expect(await send('/versions/1/config')).toEqual({
    name: 'tiny',
    platform: 'hypercolumn_fake',
    backend: 'hypercolumn',
    version_policy: { all: {} },
    max_batch_size: 0,
    input: [
      { name: 'stimulus', data_type: 'TYPE_FP32', dims: [-1, 3, 2], optional: false },
      { name: 'neurons', data_type: 'TYPE_INT32', dims: [-1], optional: true },
    ],
    output: [{ name: 'responses', data_type: 'TYPE_FP32', dims: [-1, 4] }],
    parameters: {
      digest: { string_value: '1'.repeat(64) },
      architecture: { string_value: 'rf_cnn' },
      neurons: { string_value: '0,1,2,7' },
      unit: { string_value: 'dF/F' },
    },
  });
  const { headers } = await app.request('/v2/models/tiny');
  expect(headers.get('ETag')).toBe(`"${'2'.repeat(64)}"`);
});

test('statistics count stimuli, requests and batches and show where the time went', async () => {
  const { app, engine, time } = createTestApp();
  engine.hold();
  const answers = [app.request(INFER, jsonRequest({ inputs: [IN_JSON] }))];
  await engine.whenRequested(1);
  time.now += 250;
  engine.open();
  await Promise.all(answers);
  engine.failNext(new Error('a bug'));
  await app.request(INFER, jsonRequest({ inputs: [IN_JSON] }));
  await app.request(INFER, jsonRequest({}));
  const duration = (count: number, ns: number) => ({ count, ns });
  const first = {
    name: 'tiny',
    version: '1',
    last_inference: 0,
    inference_count: 0,
    execution_count: 0,
    batch_stats: [],
  };
  const second = {
    name: 'tiny',
    version: '2',
    last_inference: expect.any(Number),
    inference_count: 2,
    execution_count: 1,
    inference_stats: {
      success: duration(1, 250_000_000),
      fail: duration(1, 0),
      queue: duration(1, 0),
      compute_input: duration(1, 0),
      compute_infer: duration(1, 250_000_000),
      compute_output: duration(1, 0),
      cache_hit: duration(0, 0),
      cache_miss: duration(0, 0),
    },
    batch_stats: [
      {
        batch_size: 2,
        compute_input: duration(1, 0),
        compute_infer: duration(1, 250_000_000),
        compute_output: duration(1, 0),
      },
    ],
  };
  const send = async (path: string) => (await app.request(path)).json();
  expect(await send('/v2/models/tiny/versions/2/stats')).toEqual({ model_stats: [second] });
  for (const path of ['/v2/models/stats', '/v2/models/tiny/stats']) {
    expect(await send(path)).toMatchObject({ model_stats: [first, second] });
  }
});

/** An app with a repository of card folders. */
async function openFolder() {
  const engine = createFakeEngine();
  const logger = pino({ level: 'silent' });
  const catalogue = createModelRepository({ source: createFolderSource(models), engine, logger });
  await catalogue.reload();
  const parts = createTestApp({ engine, catalogue });
  const post = async (path: string, body?: unknown) => {
    const request = body === undefined ? { method: 'POST' } : jsonRequest(body);
    const answer = await parts.app.request(`/v2/repository/${path}`, request);
    return [answer.status, await answer.json()];
  };
  return { ...parts, post };
}

const entry = (version: string, reason = '') => ({
  name: 'v1',
  version,
  state: reason === '' ? 'READY' : 'UNAVAILABLE',
  reason,
});

test('models are listed, loaded and unloaded', async () => {
  await writeCard(models, 'v1', 1);
  const { post, app, engine } = await openFolder();
  expect(await post('index')).toEqual([200, [entry('1')]]);
  await writeCard(models, 'v1', 2);
  expect(await post('models/v1/load')).toEqual([200, [entry('1'), entry('2')]]);
  const unloaded = [entry('1', 'unloaded'), entry('2', 'unloaded')];
  const more = { parameters: { unload_dependents: true } };
  expect(await post('models/v1/unload', more)).toEqual([200, unloaded]);
  expect(engine.loaded.size).toBe(0);
  expect((await app.request('/v2/models/v1/ready')).status).toBe(503);
  expect(await post('index', {})).toEqual([200, unloaded]);
  expect(await post('index', { ready: true })).toEqual([200, []]);
  await removeVersion(models, 'v1', 1);
  expect(await post('models/v1/load', {})).toEqual([200, [entry('2')]]);
  expect(await post('index', { ready: true })).toEqual([200, [entry('2')]]);
});

test('a load whose newest version fails is rejected with the version that answers', async () => {
  await writeCard(models, 'v1', 1);
  await writeCard(models, 'v1', 2);
  const { post, app } = await openFolder();
  await breakCard(models, 'v1', 3);
  expect(await post('models/v1/load')).toEqual([
    422,
    { error: 'v1/3 is not served: card.json is not JSON; version 2 as loaded before answers' },
  ]);
  expect(await post('index')).toEqual([
    200,
    [entry('1'), entry('2'), entry('3', 'card.json is not JSON')],
  ]);
  expect(await (await app.request('/v2/models/v1')).json()).toMatchObject({ versions: ['1', '2'] });
  await removeVersion(models, 'v1', 3);
  await breakCard(models, 'v1', 1);
  const reason = 'card.json is not JSON';
  expect(await post('models/v1/load')).toEqual([200, [{ ...entry('1'), reason }, entry('2')]]);
  await removeVersion(models, 'v1', 1);
  await removeVersion(models, 'v1', 2);
  expect(await post('models/v1/load')).toEqual([422, { error: 'v1 has no version in its folder' }]);
  await breakCard(models, 'v1', 1);
  expect(await post('models/v1/load')).toEqual([
    422,
    { error: 'v1/1 is not served: card.json is not JSON; none answers' },
  ]);
});

test('a name that is not a model folder is rejected without a search', async () => {
  const outside = models;
  models = path.join(outside, 'models');
  await writeCard(outside, 'secret', 1);
  await writeCard(models, 'v1', 1);
  const { post, engine } = await openFolder();
  for (const name of [
    'other',
    '..%2Fsecret',
    '..%2fmodels%2Fv1',
    '%2e%2e',
    '.v1',
    'v1%2F1',
    '%00',
  ]) {
    for (const action of ['load', 'unload']) {
      const error = expect.stringMatching(/^(unknown model|no such path)/);
      expect(await post(`models/${name}/${action}`)).toEqual([404, { error }]);
    }
  }
  expect(engine.loaded.size).toBe(1);
  models = outside;
});

test('models are configured by their cards alone, and not while the service stops', async () => {
  await writeCard(models, 'v1', 1);
  const { post, state, service } = await openFolder();
  expect(await post('models/v1/load', { parameters: { config: '{}' } })).toEqual([
    422,
    { error: 'parameters: unknown key: "config"; expected no keys' },
  ]);
  expect(await post('models/v1/unload', { parameters: { unload_dependents: 1 } })).toEqual([
    422,
    expect.anything(),
  ]);
  expect(await post('index', { ready: 'yes' })).toEqual([422, expect.anything()]);
  state.readiness = { state: 'draining', service };
  expect(await post('models/v1/unload')).toEqual([503, { error: 'the service is shutting down' }]);
  expect(await post('index')).toEqual([200, [entry('1')]]);
});

test('only administrators may change what is served, everything else is open to all clients', () => {
  const { deps } = createTestApp();
  const routes: readonly Route[] = protocolRoutes(deps);
  const admin = routes.filter(({ scope }) => scope === 'admin');
  expect(admin.map(({ path }) => path)).toEqual([
    '/v2/repository/models/:model/load',
    '/v2/repository/models/:model/unload',
  ]);
});
