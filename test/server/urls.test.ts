import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { createTestApp } from '../support/app.js';
import { startTestApp } from '../support/listening-app.js';

/** Sends requests over a connection, so that the path is not normalised. */
async function start() {
  const parts = await startTestApp();
  const { port } = new URL(parts.url);
  const send = async (path: string, method = 'GET', body = '') => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = body === '' ? {} : { 'Content-Length': Buffer.byteLength(body) };
      const request = httpRequest({ host: '127.0.0.1', port, path, method, headers }, resolve);
      request.on('error', reject);
      request.end(body);
    });
    return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
  };
  return { ...parts, send };
}

test('ambiguous and empty paths are answered with 404 and never reach a file', async () => {
  const { send, engine } = await start();
  for (const path of [
    '/v1/models/',
    '/v1//models',
    '//v1/models',
    '/v1/models/tiny/',
    '/V1/models',
    '/v1/models/..',
    '/v1/models/%2e%2e/%2e%2e/etc/passwd',
    '/v1/models/..%2f..%2fetc%2fpasswd',
    '/v1/models/..%5c..%5cboot.ini',
    '/../../etc/passwd',
    '/v1/models/%2fetc%2fpasswd',
    '/v1/models/tiny%00',
    '/v1/models/tiny%0d%0aX-Injected:%20yes',
    '/v1/models/%',
    '/v1/models/%zz',
    '/v1/models/%ff%fe',
    '/v1/models/%c0%ae%c0%ae',
    '/v1/models/tiny/versions/-1',
    '/v1/models/tiny/versions/1e0x',
    '/v1/models/tiny/versions/1e0',
    '/v1/models/tiny/versions/0x1',
    '/v1/models/tiny/versions/+1',
    '/v1/models/tiny/versions/%201',
    '/v1/models/tiny/versions/1.0',
    '/v1/models/tiny/versions/',
    '/v1/models/tiny/versions/99999999999999999999',
    '/v1/models/__proto__',
    '/v1/models/constructor',
    `/v1/models/${'x'.repeat(10_000)}`,
  ]) {
    const { status, headers, body } = await send(path);
    expect(status, path).toBe(404);
    expect(headers['content-type'], path).toBe('application/problem+json');
    expect(headers['x-injected']).toBeUndefined();
    expect(body).not.toMatch(/root:|\bat .*\.js/);
  }
  expect(engine.requests).toHaveLength(0);
});

test('invalid query strings are rejected or ignored', async () => {
  const { send, engine } = await start();
  for (const query of ['%zz', 'neurons=%ff', 'fit=%00', 'a[b]=1', '&&x', '=', '__proto__=1']) {
    const { status } = await send(`/v1/models/tiny/responses?${query}`, 'POST', 'no stimulus');
    expect([400, 415, 422], query).toContain(status);
  }
  expect(engine.requests).toHaveLength(0);
});

test('numbers in queries consist of digits alone', async () => {
  const { send } = await start();
  for (const number of ['1e1', '0x10', '%205', '+5', '%2B5', '-5', '5.', '.5', '5,0', 'NaN', '']) {
    for (const query of [`height=${number}`, `background=${number}`]) {
      const { status } = await send(`/v1/stimuli?${query}`, 'POST', '{}');
      expect(status, query).toBe(400);
    }
  }
});

test('the page and everything that it requests works behind a prefix', async () => {
  const { port } = new URL((await startTestApp()).url);
  const proxy = createServer((incoming, outgoing) => {
    const path = incoming.url!.replace(/^\/lab\/twin/, '');
    if (path === incoming.url) return void outgoing.writeHead(404).end();
    const { method, headers } = incoming;
    const passed = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void proxy.close());
  await once(proxy, 'listening');
  const origin = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const page = `${origin}/lab/twin/docs`;
  const html = await (await fetch(page)).text();
  const names = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, name]) => name!);
  expect(names).toHaveLength(3);
  for (const name of names) expect((await fetch(new URL(name, page))).status, name).toBe(200);
  const script = await (await fetch(`${origin}/lab/twin/docs/start.js`)).text();
  const named = /new URL\('([^']+)', document.baseURI\)/.exec(script)![1]!;
  const document = new URL(named, page);
  const { servers } = (await (await fetch(document)).json()) as { servers: { url: string }[] };
  expect(new URL(servers[0]!.url, document).href).toBe(`${origin}/lab/twin/`);
});

test('HEAD is GET without a body, GET ignores a body, and other methods get the list of allowed ones', async () => {
  const { send } = await start();
  const get = await send('/v1/models/tiny');
  const head = await send('/v1/models/tiny', 'HEAD');
  expect([head.status, head.body, head.headers.etag]).toEqual([200, '', get.headers.etag]);
  expect((await send('/v1/models/tiny', 'GET', 'a body')).status).toBe(200);
  for (const method of ['OPTIONS', 'POST', 'PUT', 'PATCH', 'TRACE', 'PROPFIND']) {
    const { status, headers } = await send('/v1/models/tiny', method, '');
    expect([status, headers.allow], method).toEqual([405, 'GET, HEAD, DELETE']);
  }
  expect((await send('/v1/models/tiny/responses', 'HEAD')).headers.allow).toBe('POST');
  expect((await send('/nothing', 'DELETE')).status).toBe(404);
});

test('any path, query and body gets a response or a 4xx, never a bug', async () => {
  const { app, scheduler, log } = createTestApp();
  const segment = fc.oneof(
    fc.constantFrom('v1', 'v2', 'models', 'tiny', 'broken', 'versions', '1', 'responses', 'tuning'),
    fc.constantFrom('rank', 'peak', 'parametric', 'metrics', '', '.', '..', '%2e', '%zz', '%00'),
    fc.string({ maxLength: 8 }).map(encodeURIComponent),
  );
  const asked = fc.record({
    path: fc.array(segment, { maxLength: 7 }).map((segments) => `/${segments.join('/')}`),
    query: fc.oneof(fc.constant(''), fc.webQueryParameters(), fc.constant('fit=crop&neurons=0')),
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'),
    type: fc.constantFrom('', 'application/json', 'image/png', 'application/x-npy', 'text/plain'),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.json().map((text) => Buffer.from(text)),
    ),
  });
  await fc.assert(
    fc.asyncProperty(asked, async ({ path, query, method, type, body }) => {
      const answer = await app.request(`http://localhost${path}?${query}`, {
        method,
        headers: type === '' ? {} : { 'Content-Type': type },
        ...(method === 'GET' || method === 'HEAD' ? {} : { body: new Uint8Array(body) }),
      });
      // 503 is the answer for the model that cannot be served.
      expect(answer.status).toSatisfy((status: number) => status < 500 || status === 503);
    }),
    { numRuns: 300 },
  );
  expect(scheduler.depth).toBe(0);
  expect(log.filter(({ msg }) => msg === 'unhandled error')).toEqual([]);
});
