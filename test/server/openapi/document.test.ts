import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { createTestApp } from '../../support/app.js';
import type { Document } from '../../support/openapi.js';

async function served(): Promise<Document> {
  const { app } = createTestApp();
  return (await (await app.request('/openapi.json')).json()) as Document;
}

function routeNames(): string[] {
  const { app } = createTestApp();
  const routes = app.routes.filter(({ method }) => method !== 'ALL');
  return routes.map(({ method, path }) => `${method} ${path}`);
}

test('the document has exactly the routes of the app', async () => {
  const documented = Object.entries((await served()).paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routes = routeNames().map((name) => name.replaceAll(/:(\w+)/g, '{$1}'));
  expect(documented.sort()).toEqual([...new Set(routes)].sort());
});

test('the document is OpenAPI 3.1', async () => {
  const validator = new Validator();
  expect(await validator.validate({ ...(await served()) })).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
});

test('an invalid document is found', async () => {
  const { info: _, ...rest } = await served();
  expect(await new Validator().validate(rest)).toMatchObject({ valid: false });
});

test('names in generated clients are unique', async () => {
  const { paths } = await served();
  const ids = Object.values(paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

test('every reference is resolved', async () => {
  const document = await served();
  const names = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref]) => ref!);
  const there = Object.entries(document.components).flatMap(([kind, each]) =>
    Object.keys(each).map((name) => `#/components/${kind}/${name}`),
  );
  const broken = names.filter((ref) => !there.includes(ref));
  expect(names.length).toBeGreaterThan(10);
  expect(broken).toEqual([]);
});

test('every route but those of health documents the rejection beyond the connection limits', async () => {
  const { paths } = await served();
  const refusable = (path: string) => {
    const { responses } = Object.values(paths[path]!)[0]!;
    return '429' in responses && '503' in responses;
  };
  const never = Object.keys(paths).filter((path) => !refusable(path));
  expect(never).toEqual(['/livez', '/readyz', '/v2/health/live', '/v2/health/ready']);
});

test('the scope that a route needs is documented', async () => {
  const { paths } = await served();
  const securityOf = (path: string, method: string) => paths[path]?.[method]?.security;
  expect(securityOf('/livez', 'get')).toEqual([]);
  expect(securityOf('/v1/models', 'get')).toEqual([{ bearer: ['predict'] }, {}]);
  expect(securityOf('/v1/stimulus-sets/{digest}', 'delete')).toEqual([{ bearer: ['admin'] }, {}]);
});

test('the headers of a model request are documented', async () => {
  const { paths } = await served();
  const operation = paths['/v1/models/{model}/responses']?.['post'];
  expect(operation?.parameters.map(({ name }) => name)).toEqual([
    ...['model', 'neurons', 'fit', 'dtype', 'spread'],
    ...['X-Request-Id', 'If-Match', 'X-Deadline-Ms', 'Idempotency-Key'],
  ]);
});
