import { expect, test } from 'vitest';
import { encodeNpy } from '../../../src/formats/npy.js';
import { createTestApp } from '../../support/app.js';
import { bearer, keyRingOf } from '../../support/keys.js';
import { startTestApp } from '../../support/listening-app.js';

const MODEL = '/v1/models/tiny';
const URL = `${MODEL}/responses`;

const stimulus = (gray: number) =>
  new Uint8Array(encodeNpy(new Float32Array(6).fill(gray), [3, 2]));

function post(
  key: string,
  headers: Record<string, string> = {},
  gray = 0.5,
  body: Uint8Array<ArrayBuffer> = stimulus(gray),
): RequestInit {
  return {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/x-npy', 'Idempotency-Key': key, ...headers },
  };
}

test('the same request gets the same response and computes nothing', async () => {
  const { app, engine, log } = createTestApp();
  const first = await app.request(URL, post('a', { 'X-Request-Id': 'one' }));
  const second = await app.request(URL, post('a', { 'X-Request-Id': 'two' }));
  expect(second.status).toBe(200);
  expect(await second.text()).toBe(await first.text());
  expect(engine.requests).toHaveLength(1);
  expect(first.headers.has('Idempotency-Replayed')).toBe(false);
  expect(second.headers.get('Idempotency-Replayed')).toBe('true');
  expect(second.headers.get('X-Request-Id')).toBe('two');
  for (const name of ['Content-Type', 'ETag']) {
    expect(second.headers.get(name)).toBe(first.headers.get(name));
  }
  expect(log[1]).toMatchObject({ request: 'two', model: 'tiny/2', stimuli: 1, neurons: 4 });
  expect(log[1]).toMatchObject({ route: '/v1/models/:model/responses' });
});

test('a repeated request waits for the first one while that is still running', async () => {
  const { app, engine } = createTestApp();
  engine.hold();
  const answers = [app.request(URL, post('a')), app.request(URL, post('a'))];
  await engine.whenRequested(1);
  const third = app.request(URL, post('a'));
  const other = await app.request(URL, post('a', {}, 0.25));
  engine.open();
  const texts = await Promise.all([...answers, third].map(async (answer) => (await answer).text()));
  expect(new Set(texts).size).toBe(1);
  expect(other.status).toBe(422);
  expect(engine.requests).toHaveLength(1);
});

test('another body, query or format under the same key is rejected', async () => {
  const { app } = createTestApp();
  await app.request(URL, post('a'));
  const rejected = [
    app.request(URL, post('a', {}, 0.25)),
    app.request(`${URL}?neurons=0`, post('a')),
    app.request(URL, post('a', { Accept: 'application/x-npy' })),
    app.request(URL, post('a', { 'If-Match': `"${'2'.repeat(64)}"` })),
  ];
  for (const answer of rejected) {
    expect((await answer).status).toBe(422);
    expect(await (await answer).json()).toMatchObject({
      detail: 'this Idempotency-Key came with another request before; use a new one',
    });
  }
});

test('a form is the same request under another boundary, and another one with other files', async () => {
  const { app, engine } = createTestApp();
  const form = (boundary: string, gray: number): RequestInit => {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="stimuli"; filename="a.npy"\r\n\r\n`;
    const body = Buffer.concat([
      Buffer.from(head),
      stimulus(gray),
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]);
    const type = `multipart/form-data; boundary=${boundary}`;
    return post('a', { 'Content-Type': type }, gray, body);
  };
  const first = await app.request(URL, form('one', 0.5));
  const second = await app.request(URL, form('another', 0.5));
  expect(first.status).toBe(200);
  expect(await second.text()).toBe(await first.text());
  expect(second.headers.get('Idempotency-Replayed')).toBe('true');
  expect((await app.request(URL, form('two', 0.25))).status).toBe(422);
  expect(engine.requests).toHaveLength(1);
});

test('another key, route or caller is another request', async () => {
  const { app, engine } = createTestApp();
  const requests = [
    () => app.request(URL, post('a')),
    () => app.request(URL, post('b')),
    () => app.request(`${MODEL}/versions/1/responses`, post('a')),
    () => app.request(`${MODEL}/tuning/peak`, post('a')),
    () => app.request(URL, post('a', { Authorization: 'Bearer one' })),
    () => app.request(URL, post('a', { Authorization: 'Bearer two' }, 0.25)),
  ];
  for (const request of requests) {
    const { status, headers } = await request();
    expect([status, headers.get('Idempotency-Replayed')]).toEqual([200, null]);
  }
  expect(engine.requests).toHaveLength(requests.length);
});

test('a failure is not stored, and a request that waits for it runs itself', async () => {
  const { app, engine } = createTestApp();
  engine.hold();
  engine.failNext(new Error('a bug'));
  const failed = app.request(URL, post('a'));
  const waiting = app.request(URL, post('a'));
  expect((await failed).status).toBe(500);
  await engine.whenRequested(2);
  engine.open();
  expect((await waiting).status).toBe(200);
  expect((await app.request(URL, post('a'))).headers.get('Idempotency-Replayed')).toBe('true');
  expect((await app.request(URL, post('bad', {}, 2))).status).toBe(422);
  expect((await app.request(URL, post('bad'))).status).toBe(200);
});

test('stored responses expire after an hour', async () => {
  const { app, engine, time } = createTestApp();
  // The cache treats the time 0 as no time.
  time.now = 1000;
  await app.request(URL, post('a'));
  time.now += 3_599_000;
  await app.request(URL, post('a'));
  expect(engine.requests).toHaveLength(1);
  time.now += 2000;
  await app.request(URL, post('a'));
  expect(engine.requests).toHaveLength(2);
});

test('the stored responses of any number of keys stay within 64 MiB', async () => {
  const { app, engine } = createTestApp({
    limits: { maxBody: 2 ** 20, maxStimuli: 20_000 },
    capacity: 20_000,
    chunk: 20_000,
  });
  // The response is a few megabytes of JSON.
  const body = new Uint8Array(encodeNpy(new Uint8Array(18_000 * 6), [18_000, 3, 2]));
  const send = async (key: string) =>
    (await app.request(URL, { ...post(key), body })).arrayBuffer();
  const { byteLength } = await send('0');
  const keys = Math.ceil((64 * 2 ** 20) / byteLength);
  for (let i = 1; i <= keys; i++) await send(String(i));
  const asked = engine.requests.length;
  await send(String(keys));
  expect(engine.requests).toHaveLength(asked);
  await send('0');
  expect(engine.requests).toHaveLength(asked + 1);
});

test('a request that waited past its deadline is rejected as such', async () => {
  const { app, engine, time } = createTestApp();
  engine.hold();
  const first = app.request(URL, post('a'));
  await engine.whenRequested(1);
  const late = app.request(URL, post('a', { 'X-Deadline-Ms': '10' }));
  await new Promise(setImmediate);
  time.now = 11;
  engine.open();
  expect([(await first).status, (await late).status]).toEqual([200, 503]);
});

test('a client that disconnected while waiting gets no response', async () => {
  const { app, engine } = createTestApp();
  engine.hold();
  const first = app.request(URL, post('a'));
  await engine.whenRequested(1);
  const client = new AbortController();
  const gone = app.request(URL, { ...post('a'), signal: client.signal });
  await new Promise(setImmediate);
  client.abort();
  engine.open();
  expect([(await first).status, (await gone).status]).toEqual([200, 499]);
});

test('invalid keys are rejected, and other methods and routes ignore them', async () => {
  const { app } = createTestApp();
  for (const key of ['', ' ', 'two words', 'x'.repeat(256), 'ü']) {
    expect((await app.request(URL, post(key))).status).toBe(400);
  }
  const headers = { 'Idempotency-Key': 'a' };
  const answers = [await app.request(MODEL, { headers }), await app.request(MODEL, { headers })];
  expect(answers.map((answer) => answer.headers.has('Idempotency-Replayed'))).toEqual([
    false,
    false,
  ]);
});

test('over a connection, a client that disconnects leaves the work to one that waits', async () => {
  const { engine, scheduler, log, ...service } = await startTestApp();
  const url = service.url + URL;
  engine.hold();
  const busy = fetch(url, post('other'));
  await engine.whenRequested(1);
  const client = new AbortController();
  const first = fetch(url, { ...post('a'), signal: client.signal });
  await expect.poll(() => scheduler.depth).toBe(2);
  const second = fetch(url, post('a'));
  client.abort();
  await expect(first).rejects.toThrow();
  await expect.poll(() => log.map(({ status }) => status)).toEqual([499]);
  engine.open();
  expect((await busy).status).toBe(200);
  expect(await (await second).json()).toMatchObject({ responses: [[3, 6, 9, 12]] });
});

test('the same request of another client is another one, and a rejected API key gets nothing', async () => {
  const keys = keyRingOf([
    { name: 'rig', scopes: ['predict'] },
    { name: 'other', scopes: ['predict'] },
    { name: 'ops', scopes: ['admin'] },
  ]);
  const { app, engine } = createTestApp({ access: { keys } });
  const send = (name: string, gray?: number) => app.request(URL, post('a', bearer(name), gray));
  expect((await send('rig')).status).toBe(200);
  const other = await send('other', 0.25);
  expect([other.status, other.headers.has('Idempotency-Replayed')]).toEqual([200, false]);
  expect((await send('other', 0.25)).headers.get('Idempotency-Replayed')).toBe('true');
  expect([(await send('ops')).status, (await send('unknown')).status]).toEqual([403, 401]);
  // The same key may be written in another way.
  const again = await app.request(URL, post('a', { Authorization: 'bearer  secret-rig' }));
  expect(again.headers.get('Idempotency-Replayed')).toBe('true');
  expect(engine.requests).toHaveLength(2);
});

test('without API keys each address is a client', async () => {
  const { app } = createTestApp();
  const send = async (remoteAddress: string, gray?: number) => {
    const answer = await app.request(URL, post('a', {}, gray), {
      incoming: { socket: { remoteAddress } },
    });
    return [answer.status, answer.headers.get('Idempotency-Replayed')];
  };
  expect(await send('10.0.0.1')).toEqual([200, null]);
  expect(await send('10.0.0.2', 0.25)).toEqual([200, null]);
  expect(await send('10.0.0.1')).toEqual([200, 'true']);
});
