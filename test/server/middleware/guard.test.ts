import { expect, test } from 'vitest';
import { encodeNpy } from '../../../src/formats/npy.js';
import { createTestApp, type TestAppOptions } from '../../support/app.js';
import { bearer, keyRingOf } from '../../support/keys.js';

const RESPONSES = '/v1/models/tiny/responses';
const NPY = new Uint8Array(encodeNpy(new Float32Array(6).fill(0.5), [3, 2]));

const keys = keyRingOf([
  { name: 'rig', scopes: ['predict'] },
  { name: 'ops', scopes: ['admin'] },
  { name: 'slow', scopes: ['predict'], perSecond: 0.5 },
]);

function start(access: TestAppOptions['access'] = { keys }) {
  const parts = createTestApp({ access });
  const send = (headers: Record<string, string> = {}, init: RequestInit = {}, env?: object) =>
    parts.app.request(
      RESPONSES,
      {
        method: 'POST',
        body: NPY,
        ...init,
        headers: { 'Content-Type': 'application/x-npy', ...headers },
      },
      env,
    );
  return { ...parts, send };
}

/** The bindings that the app gets for a connection from an address. */
const from = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } });

test('without configured keys no client needs one', async () => {
  const { send } = start({});
  expect((await send()).status).toBe(200);
});

test('a missing or unknown key is answered with 401 and how to send one', async () => {
  const { app, send, engine, log } = start();
  const none = await send();
  expect([none.status, none.headers.get('WWW-Authenticate')]).toEqual([
    401,
    'Bearer realm="hypercolumn"',
  ]);
  expect(await none.json()).toMatchObject({
    title: 'Unauthorized',
    detail: 'a key is needed: Authorization: Bearer <key>',
  });
  for (const Authorization of [
    'Bearer secret-nobody',
    'Bearer',
    'Bearer ',
    'secret-rig',
    'Basic secret-rig',
    'Bearer secret-rig, Bearer secret-rig',
    `Bearer ${'x'.repeat(10_000)}`,
    'Bearer s\u00e9cret',
  ]) {
    const answer = await send({ Authorization });
    expect(answer.status, Authorization).toBe(401);
    expect(answer.headers.get('WWW-Authenticate')).toBe(
      'Bearer realm="hypercolumn", error="invalid_token"',
    );
  }
  expect((await app.request(`${RESPONSES}?key=secret-rig`, { method: 'POST' })).status).toBe(401);
  expect(engine.requests).toHaveLength(0);
  expect(JSON.stringify(log)).not.toContain('secret');
});

test('a known key is accepted, and the log has only its name', async () => {
  const { send, log } = start();
  expect((await send(bearer('rig'))).status).toBe(200);
  expect((await send({ Authorization: 'bearer  secret-rig' })).status).toBe(200);
  expect(log.map(({ client }) => client)).toEqual(['rig', 'rig']);
  expect(JSON.stringify(log)).not.toContain('secret');
});

test('a key without the scope is answered with 403, which names the scope', async () => {
  const { send } = start();
  const answer = await send(bearer('ops'));
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({
    detail: "this needs a key with the scope 'predict'",
  });
  expect(answer.headers.get('WWW-Authenticate')).toBe(
    'Bearer realm="hypercolumn", error="insufficient_scope", scope="predict"',
  );
});

test('a key beyond its rate is answered with 429 until its time has come', async () => {
  const { send, time } = start();
  const status = async () => (await send(bearer('slow'))).status;
  expect(await status()).toBe(200);
  time.now = 500;
  const rejected = await send(bearer('slow'));
  expect([rejected.status, rejected.headers.get('Retry-After')]).toEqual([429, '2']);
  expect(await rejected.json()).toMatchObject({
    detail: 'this key is good for 0.5 per second at this service',
  });
  expect((await send(bearer('rig'))).status).toBe(200);
  time.now = 2000;
  expect(await status()).toBe(200);
});

test('more concurrent requests than allowed are answered with 429, and other clients are served', async () => {
  const { send, engine } = start({ keys, maxConcurrent: 2 });
  engine.hold();
  const held = [send(bearer('rig')), send(bearer('rig'))];
  await engine.whenRequested(1);
  const rejected = await send(bearer('rig'));
  expect([rejected.status, rejected.headers.get('Retry-After')]).toEqual([429, '1']);
  expect(await rejected.json()).toMatchObject({
    detail: 'too many requests at the same time: 3; expected at most 2',
  });
  const other = send(bearer('slow'));
  engine.open();
  expect((await Promise.all([...held, other])).map(({ status }) => status)).toEqual([
    200, 200, 200,
  ]);
  expect((await send(bearer('rig'))).status).toBe(200);
});

test('without keys, each address is a client', async () => {
  const { app, send, engine } = start({ maxConcurrent: 1 });
  engine.hold();
  const held = send({}, {}, from('10.0.0.1'));
  await engine.whenRequested(1);
  expect((await send({}, {}, from('10.0.0.1'))).status).toBe(429);
  expect((await app.request('/readyz', {}, from('10.0.0.1'))).status).toBe(200);
  const other = send({}, {}, from('10.0.0.2'));
  engine.open();
  expect([(await held).status, (await other).status]).toEqual([200, 200]);
});

test('a slot is released however a request ends', async () => {
  const { send, engine } = start({ maxConcurrent: 1 });
  const fine = async () => expect((await send()).status).toBe(200);
  expect((await send({ 'Content-Type': 'text/plain' })).status).toBe(415);
  await fine();
  engine.failNext(new Error('broken'));
  expect((await send()).status).toBe(500);
  await fine();

  engine.hold();
  const before = engine.requests.length;
  const client = new AbortController();
  const gone = send({}, { signal: client.signal });
  await engine.whenRequested(before + 1);
  client.abort();
  await gone;
  engine.open();
  await fine();

  const broken = new ReadableStream({ pull: (stream) => stream.error(new Error('cut off')) });
  const cut: RequestInit & { duplex: 'half' } = { body: broken, duplex: 'half' };
  expect((await send({}, cut)).status).not.toBe(429);
  await fine();
});
