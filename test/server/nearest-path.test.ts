import { expect, test } from 'vitest';
import { nearestPath } from '../../src/server/nearest-path.js';

const ROUTES = [
  '/',
  '/v1/models',
  '/v1/models/:model',
  '/v1/models/:model/responses',
  '/v1/jobs/:id',
];

test.each([
  ['/v1/models/demo/response', '/v1/models/demo/responses'],
  ['/v1/model/demo/responses', '/v1/models/demo/responses'],
  ['/V1/Models', '/v1/models'],
  ['/v1/job/7', '/v1/jobs/7'],
  ['/v1/models/', '/v1/models'],
  ['/v1/models/demo/', '/v1/models/demo'],
])('%s is corrected to %s', (given, meant) => {
  expect(nearestPath(given, ROUTES)).toBe(meant);
});

test.each(['/v1/elsewhere', '/v1/models/demo/responses/more', '/healthz'])(
  '%s has no similar path',
  (given) => {
    expect(nearestPath(given, ROUTES)).toBeUndefined();
  },
);
