import { expect, test } from 'vitest';
import type { Scope } from '../../../src/server/middleware/api-keys.js';
import { createTestApp } from '../../support/app.js';
import { bearer, keyRingOf } from '../../support/keys.js';
import { createTrainingApp } from '../../support/training.js';

/** The scope that each route needs; the table has every route. */
const SCOPES: Readonly<Record<string, 'open' | Scope>> = {
  'GET /': 'open',
  'GET /assets/:asset': 'open',
  'GET /docs': 'open',
  'GET /docs/:file': 'open',
  'GET /guide': 'open',
  'GET /guide/': 'open',
  'GET /guide/:page': 'open',
  'GET /guide/assets/:asset': 'open',
  'GET /guide/assets/chunks/:asset': 'open',
  'GET /livez': 'open',
  'GET /readyz': 'open',
  'GET /metrics': 'metrics',
  'GET /openapi.json': 'open',
  'GET /v1/models': 'predict',
  ...ofModel('GET', '/v1', '', '/stream', '/quick-measurement'),
  ...ofModel('POST', '/v1', '/responses', '/stimuli', '/preferred-stimulus', '/characterize'),
  ...ofModel('POST', '/v1', '/tuning/rank', '/tuning/peak', '/tuning/parametric'),
  ...ofModel('POST', '/v1', '/receptive-field', '/receptive-field/gradient', '/quick-measurement'),
  ...ofModel('POST', '/v1', '/attention', '/readout', '/gradient'),
  'POST /v1/models/:model/import': 'admin',
  'POST /v1/stimuli': 'predict',
  'GET /v1/stimulus-sets': 'predict',
  'PUT /v1/stimulus-sets': 'predict',
  'GET /v1/stimulus-sets/:digest': 'predict',
  'DELETE /v1/stimulus-sets/:digest': 'admin',
  'GET /v1/jobs': 'predict',
  'GET /v1/jobs/:id': 'predict',
  'GET /v1/jobs/:id/events': 'predict',
  'GET /v1/jobs/:id/result': 'predict',
  'DELETE /v1/jobs/:id': 'predict',
  ...withScope('train', 'DELETE /v1/models/:model', 'DELETE /v1/models/:model/versions/:version'),
  ...withScope('train', 'GET /v1/recordings', 'POST /v1/recordings', 'GET /v1/recipes'),
  ...withScope('train', 'GET /v1/recordings/:digest', 'DELETE /v1/recordings/:digest'),
  ...withScope('train', 'PATCH /v1/recordings/:digest/files/:file'),
  ...withScope('train', 'POST /v1/recordings/:digest/ingest', 'GET /v1/datasets'),
  ...withScope('train', 'GET /v1/datasets/:digest', 'DELETE /v1/datasets/:digest'),
  ...withScope('train', 'POST /v1/datasets/:digest/train', 'POST /v1/datasets/:digest/trials'),
  'GET /v2': 'predict',
  'GET /v2/': 'predict',
  'GET /v2/health/live': 'open',
  'GET /v2/health/ready': 'open',
  ...ofModel('GET', '/v2', '', '/ready', '/config', '/stats'),
  'GET /v2/models/stats': 'predict',
  ...ofModel('POST', '/v2', '/infer'),
  'POST /v2/repository/index': 'predict',
  'POST /v2/repository/models/:model/load': 'admin',
  'POST /v2/repository/models/:model/unload': 'admin',
};

function withScope(scope: Scope, ...routes: string[]): Record<string, Scope> {
  return Object.fromEntries(routes.map((route) => [route, scope]));
}

/** Routes of a model, for the latest version and for each version by number. */
function ofModel(method: string, under: string, ...tails: string[]): Record<string, 'predict'> {
  const heads = ['/models/:model', '/models/:model/versions/:version'];
  const routes = heads.flatMap((head) => tails.map((tail) => `${method} ${under}${head}${tail}`));
  return Object.fromEntries(routes.map((route) => [route, 'predict']));
}

const imports = { receive: () => Promise.reject(new Error('nothing is sent')) };
const keys = keyRingOf([
  { name: 'predict', scopes: ['predict'] },
  { name: 'admin', scopes: ['admin'] },
  { name: 'metrics', scopes: ['metrics'] },
  { name: 'train', scopes: ['train'] },
  { name: 'all', scopes: ['predict', 'admin', 'metrics', 'train'] },
]);

test('every route of the app has its scope in the table', () => {
  const { app } = createTestApp();
  const routes = app.routes.filter(({ method }) => method !== 'ALL');
  expect(routes.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(
    Object.keys(SCOPES).toSorted(),
  );
});

test.each(Object.entries(SCOPES))('%s: %s', async (route, scope) => {
  const { app, engine } = await createTrainingApp({ access: { keys }, imports });
  const [method = '', pattern = ''] = route.split(' ');
  const path = pattern
    .replace(':model', 'tiny')
    .replace(':version', '1')
    .replace(':digest', 'x')
    .replace(':file', 'start.js')
    .replace(':id', 'x');
  const rejections = async (asked: string) => {
    const status = async (headers?: Record<string, string>) => {
      const answer = await app.request(path, { method: asked, ...(headers ? { headers } : {}) });
      return [401, 403].includes(answer.status) ? answer.status : 'passed';
    };
    return {
      none: await status(),
      unknown: await status(bearer('nobody')),
      predict: await status(bearer('predict')),
      admin: await status(bearer('admin')),
      metrics: await status(bearer('metrics')),
      train: await status(bearer('train')),
      all: await status(bearer('all')),
    };
  };
  const needed = scope === 'open' ? 'passed' : 401;
  const expected = {
    none: needed,
    unknown: needed,
    predict: ['open', 'predict'].includes(scope) ? 'passed' : 403,
    admin: ['open', 'admin'].includes(scope) ? 'passed' : 403,
    metrics: ['open', 'metrics'].includes(scope) ? 'passed' : 403,
    train: ['open', 'train'].includes(scope) ? 'passed' : 403,
    all: 'passed',
  };
  expect(await rejections(method)).toEqual(expected);
  if (method === 'GET') expect(await rejections('HEAD')).toEqual(expected);
  // The route did nothing without the key that it needs.
  if (scope !== 'predict') expect(engine.requests).toHaveLength(0);
});

test('under /v2 errors have the form of the protocol', async () => {
  const { app } = createTestApp({ access: { keys } });
  const load = '/v2/repository/models/tiny/load';
  const answer = await app.request(load, { method: 'POST', headers: bearer('predict') });
  expect([answer.status, answer.headers.get('Content-Type')]).toEqual([403, 'application/json']);
  expect(answer.headers.get('WWW-Authenticate')).toContain('scope="admin"');
  expect(await answer.json()).toEqual({ error: "this needs a key with the scope 'admin'" });
});
