import { expect, test } from 'vitest';
import type { TestAppOptions } from '../../support/app.js';
import { bearer, keyRingOf } from '../../support/keys.js';
import { startTestApp } from '../../support/listening-app.js';
import { openStream, requestRejectedStream } from '../../support/stream-client.js';

const STREAM = 'tiny/stream?dtype=uint8';
const IMAGE = new Uint8Array(6).fill(128);
const keys = keyRingOf([
  { name: 'rig', scopes: ['predict'] },
  { name: 'slow', scopes: ['predict'], perSecond: 3 },
  { name: 'ops', scopes: ['admin'] },
]);

const start = (access: TestAppOptions['access'] = { keys }) => startTestApp({ access });

test('opening a stream needs a key', async () => {
  const { url, log } = await start();
  expect(await requestRejectedStream(url, STREAM)).toMatchObject({ status: 401 });
  expect(await requestRejectedStream(url, STREAM, { headers: bearer('unknown') })).toMatchObject({
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="hypercolumn", error="invalid_token"' },
  });
  expect(await requestRejectedStream(url, STREAM, { headers: bearer('ops') })).toMatchObject({
    status: 403,
  });
  expect(await requestRejectedStream(url, `${STREAM}&key=secret-rig`)).toMatchObject({
    status: 401,
  });
  const stream = await openStream(url, STREAM, { headers: bearer('rig') });
  stream.send(IMAGE);
  expect(await stream.next()).toMatchObject({ status: 200 });
  stream.socket.close();
  await stream.closed;
  await expect.poll(() => log.at(-1)).toMatchObject({ msg: 'stream', client: 'rig' });
  expect(JSON.stringify(log)).not.toContain('secret');
});

test('a page, which cannot set headers, sends its key among the protocols', async () => {
  const { app, url, log } = await start();
  for (const protocols of [
    ['hypercolumn', 'bearer.secret-rig'],
    ['bearer.secret-rig', 'hypercolumn'],
  ]) {
    const stream = await openStream(url, STREAM, { protocols });
    // The negotiated protocol is never the key.
    expect(stream.headers['sec-websocket-protocol']).toBe('hypercolumn');
  }
  for (const protocol of ['secret-rig', 'bearer.', 'bearer.x', 'xbearer.secret-rig']) {
    const protocols = ['hypercolumn', protocol];
    expect(await requestRejectedStream(url, STREAM, { protocols })).toMatchObject({ status: 401 });
  }
  const unupgraded = { 'Sec-WebSocket-Protocol': 'hypercolumn, bearer.secret-rig' };
  expect((await app.request('/v1/models', { headers: unupgraded })).status).toBe(401);
  expect(JSON.stringify(log)).not.toContain('secret');
});

test('a page that CORS_ORIGINS names may open a stream, and others may not', async () => {
  const { url } = await start({ origins: ['https://lab.example'] });
  const stream = await openStream(url, STREAM, { origin: 'https://lab.example' });
  expect(stream.ready).toMatchObject({ type: 'ready' });
  for (const origin of ['https://evil.example', 'https://lab.example.evil.example', 'null']) {
    expect(await requestRejectedStream(url, STREAM, { origin }), origin).toMatchObject({
      status: 403,
    });
  }
});

test('a local service opens streams under its local names alone', async () => {
  const { url } = await start({ localOnly: true });
  const headers = { Host: 'evil.example', Origin: 'http://evil.example' };
  expect(await requestRejectedStream(url, STREAM, { headers })).toMatchObject({ status: 421 });
});

test('a stream counts as one concurrent request until it ends', async () => {
  const { url } = await start({ maxConcurrent: 2 });
  const streams = [await openStream(url, STREAM), await openStream(url, STREAM)];
  expect(await requestRejectedStream(url, STREAM)).toMatchObject({
    status: 429,
    headers: { 'retry-after': '1' },
    body: { detail: 'too many requests at the same time: 3; expected at most 2' },
  });
  expect((await fetch(`${url}/v1/models`)).status).toBe(429);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  streams[0]!.socket.terminate();
  await expect.poll(async () => (await fetch(`${url}/v1/models`)).status).toBe(200);
});

test('each frame counts towards the rate of its key', async () => {
  const { url, time, engine } = await start();
  const stream = await openStream(url, STREAM, { headers: bearer('slow') });
  for (let i = 0; i < 3; i++) stream.send(IMAGE);
  expect([(await stream.next()).status, (await stream.next()).status]).toEqual([200, 200]);
  expect(await stream.next()).toMatchObject({
    status: 429,
    message: 'this key is good for 3 per second at this service',
  });
  expect(engine.requests.length).toBeGreaterThan(0);
  time.now += 1000;
  stream.send(IMAGE);
  expect(await stream.next()).toMatchObject({ status: 200 });
});

test('a revoked key is rejected in open streams too', async () => {
  let known = keys;
  const { url } = await start({ keys: { find: (secret) => known.find(secret), reload() {} } });
  const stream = await openStream(url, STREAM, { headers: bearer('rig') });
  stream.send(IMAGE);
  expect(await stream.next()).toMatchObject({ status: 200 });
  known = keyRingOf([{ name: 'slow', scopes: ['predict'] }]);
  stream.send(IMAGE);
  expect(await stream.next()).toMatchObject({ status: 401, responses: new Float32Array() });
});
