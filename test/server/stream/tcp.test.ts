import { expect, test } from 'vitest';
import { keyRingOf } from '../../support/keys.js';
import { frameOf, openStream } from '../../support/stream-client.js';
import { OPENING, openSockets, startTcpApp } from '../../support/tcp-app.js';
import { connectTcp, framed } from '../../support/tcp-client.js';

const IMAGE = Uint8Array.of(0, 51, 102, 153, 204, 255);
const DIGEST = '2'.repeat(64);

test('the first message states the agreed parameters and the model', async () => {
  const { open, lines } = await startTcpApp();
  const { first, socket } = await open({
    ...{ model: 'tiny', dtype: 'float32', neurons: [7, 0, 1], shape: [3, 2] },
    ...{ patience: 40.5, digest: DIGEST, stamps: true, version: null },
  });
  expect(first).toEqual({
    type: 'ready',
    model: { name: 'tiny', version: 2, digest: DIGEST },
    neurons: [7, 0, 1],
    shape: [3, 2],
    dtype: 'float32',
    stamps: true,
    patience: 40.5,
    limits: { frameBytes: 8 + 4 * 6, answerBytes: 48 + 4 * 3, framesAtWork: 16 },
    id: expect.any(String),
  });
  const second = await open({
    model: 'tiny',
    version: 1,
    dtype: 'uint8',
    neurons: '0-1',
    shape: '3x2',
  });
  expect(second.first).toMatchObject({ model: { version: 1 }, neurons: [0, 1] });
  expect((await open({ ...OPENING, neurons: 7 })).first).toMatchObject({ neurons: [7] });
  socket.end();
  await expect
    .poll(lines)
    .toMatchObject([
      { transport: 'tcp', request: first['id'], model: 'tiny/2', code: 1000, answered: {} },
    ]);
});

test('answers have the bytes of those over a WebSocket', async () => {
  const { url, open } = await startTcpApp();
  const [tcp, other] = [await open(), await openStream(url, 'tiny/stream?dtype=uint8')];
  for (let i = 0; i < 3; i++) {
    const image = IMAGE.map((value) => value - i);
    tcp.send(frameOf(image, 2n ** 63n + BigInt(i)));
    other.send(image, 2n ** 63n + BigInt(i));
    const [answer, expected] = [await tcp.next(), await other.next()];
    expect(answer).toEqual({
      ...expected,
      ...{ decode: answer.decode, queue: answer.queue, infer: answer.infer },
    });
    expect(answer).toMatchObject({ sequence: i, status: 200 });
  }
});

test('a client may send everything at once, or byte by byte', async () => {
  const { tcp } = await startTcpApp();
  const frames = Array.from({ length: 40 }, (_, i) => framed(frameOf(IMAGE, BigInt(i))));
  const all = Buffer.concat([framed(Buffer.from(JSON.stringify(OPENING))), ...frames]);
  const [atOnce, slowly] = [await connectTcp(tcp.url), await connectTcp(tcp.url)];
  atOnce.socket.write(all);
  for (const byte of all) slowly.socket.write(Uint8Array.of(byte));
  for (const client of [atOnce, slowly]) {
    expect(await client.json()).toMatchObject({ type: 'ready' });
    for (let i = 0; i < frames.length; i++) {
      expect(await client.next()).toMatchObject({ sequence: i, stamp: BigInt(i), status: 200 });
    }
  }
});

test('clock probes are answered', async () => {
  const { open } = await startTcpApp();
  const { send, next } = await open({ ...OPENING, stamps: true });
  send(frameOf(new Uint8Array(), 5n));
  const { received, sent, ...answer } = await next(true);
  expect(answer).toMatchObject({ status: 204, stamp: 5n });
  expect(sent! >= received!).toBe(true);
});

test.each<[string, unknown, number, RegExp]>([
  [
    'another model',
    { ...OPENING, model: 'tin' },
    404,
    /^unknown model: 'tin'; expected one of tiny/,
  ],
  [
    'another version',
    { ...OPENING, version: 9 },
    404,
    /^unknown version of tiny: 9; expected one of 1, 2/,
  ],
  ['a broken model', { ...OPENING, model: 'broken' }, 503, /^broken\/1 is not served: no 'x.bin'/],
  ['no model', { dtype: 'uint8' }, 400, /^model: is missing; expected a text/],
  ['a path', { ...OPENING, model: '../jobs' }, 400, /^model: must be 1 to 64 letters/],
  [
    'no dtype',
    { model: 'tiny' },
    400,
    /^the first message: parameter 'dtype' is missing; expected one of "uint8", /,
  ],
  [
    'a misspelt key',
    { ...OPENING, dtpye: 1 },
    400,
    /'dtpye' is not known; expected one of dtype, neurons/,
  ],
  [
    'an object',
    { ...OPENING, neurons: {} },
    400,
    /^neurons: must be a text, a number, true, false/,
  ],
  [
    'another shape',
    { ...OPENING, shape: [2, 3] },
    422,
    /^shape 2x3: the model takes images of 3 high/,
  ],
  ['an unknown neuron', { ...OPENING, neurons: [0, 99] }, 422, /unknown neuron: 99/],
  ['another digest', { ...OPENING, digest: '1'.repeat(64) }, 412, /has the digest 2+/],
  ['a key with blanks', { ...OPENING, key: 'a b' }, 400, /^key: must be a key, without blanks/],
  ['a list', [1], 400, /^the first message: is a list of 1; expected an object/],
])(
  '%s is answered with a problem, and the connection is closed',
  async (_, opening, status, detail) => {
    const { open, engine } = await startTcpApp();
    const { first, take } = await open(opening);
    expect(first).toMatchObject({ status, detail: expect.stringMatching(detail) });
    expect(first).toMatchObject({ type: 'about:blank', requestId: expect.any(String) });
    expect(await take()).toBeUndefined();
    expect(engine.requests).toHaveLength(0);
  },
);

test.each<[string, Buffer, RegExp]>([
  [
    '4 GiB',
    Buffer.alloc(100, 255),
    /^the first message is too long: 4294967295 bytes; expected its length/,
  ],
  [
    'HTTP',
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    /^the first message is too long: 542393671 bytes/,
  ],
  [
    'a big-endian length',
    Buffer.from([0, 0, 0, 9, 123]),
    /^the first message is too long: 150994944 bytes/,
  ],
  ['no JSON', framed(Buffer.from('dtype=uint8')), /^the first message is not JSON: /],
  ['no text', framed(Buffer.of(255, 254)), /^the first message is not text in UTF-8/],
  ['nothing', framed(Buffer.alloc(0)), /^the first message is not JSON: /],
])('a first message of %s is answered 400, logged and counted', async (_, bytes, detail) => {
  const { tcp, url, log } = await startTcpApp();
  const client = await connectTcp(tcp.url);
  client.socket.write(bytes);
  const problem = await client.json();
  expect(problem).toMatchObject({ status: 400, detail: expect.stringMatching(detail) });
  expect(await client.take()).toBeUndefined();
  await expectCounted({ url, log }, problem);
});

test.each([0, 3, 10])(
  'a client that stops after %i bytes is answered 408, logged and counted',
  async (bytes) => {
    const { tcp, url, log } = await startTcpApp({}, { timing: { opening: 50, goodbye: 50 } });
    const client = await connectTcp(tcp.url);
    client.socket.write(framed(Buffer.from(JSON.stringify(OPENING))).subarray(0, bytes));
    const problem = await client.json();
    expect(problem).toMatchObject({
      status: 408,
      detail: expect.stringMatching(/^no first message came within 0.05 s; expected its length/),
    });
    expect(await client.take()).toBeUndefined();
    await expectCounted({ url, log }, problem);
  },
);

/** Expects one line of the log, and a count, for a first message that was not understood. */
async function expectCounted(
  { url, log }: Pick<Awaited<ReturnType<typeof startTcpApp>>, 'url' | 'log'>,
  { status, requestId }: Readonly<Record<string, unknown>>,
): Promise<void> {
  const route = '/v1/models/:model/stream';
  expect(log.filter(({ msg }) => msg === 'request')).toMatchObject([
    { request: requestId, method: 'GET', path: route, route, status },
  ]);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const counted = `hypercolumn_http_requests_total{route="${route}",method="GET",status="${status}"} 1\n`;
  expect(metrics).toContain(counted);
}

test('a problem that will pass says after how many seconds', async () => {
  const most = await startTcpApp({ streams: { most: 0 } });
  expect((await most.open()).first).toMatchObject({ status: 503, retryAfter: 1 });
  const busy = await startTcpApp({ access: { maxConcurrent: 0 } });
  expect((await busy.open()).first).toMatchObject({ status: 429, retryAfter: 1 });
  expect((await most.open({ ...OPENING, model: 'tin' })).first).not.toHaveProperty('retryAfter');
});

test('a client that does not close its side is cut off', async () => {
  const { tcp } = await startTcpApp({}, { timing: { opening: 50, goodbye: 20 } });
  await expect.poll(openSockets).toBe(0);
  const { socket } = await connectTcp(tcp.url);
  socket.pause();
  await expect.poll(openSockets).toBe(1);
  socket.destroy();
});

test('a stream needs a key where a WebSocket does, each frame counts, and no log has the key', async () => {
  const keys = keyRingOf([
    { name: 'rig', scopes: ['predict'] },
    { name: 'slow', scopes: ['predict'], perSecond: 2 },
    { name: 'ops', scopes: ['admin'] },
  ]);
  const { open, log, lines } = await startTcpApp({ access: { keys } });
  expect((await open()).first).toMatchObject({
    status: 401,
    detail: 'a key is needed: key, in the first message',
  });
  expect((await open({ ...OPENING, key: 'x' })).first).toMatchObject({
    ...{ status: 401, detail: 'the key is not known' },
  });
  expect((await open({ ...OPENING, key: 'secret-ops' })).first).toMatchObject({ status: 403 });
  const rig = await open({ ...OPENING, key: 'secret-rig' });
  rig.send(frameOf(IMAGE));
  expect(await rig.next()).toMatchObject({ status: 200 });
  rig.socket.end();
  await expect.poll(lines).toMatchObject([{ client: 'rig', answered: { 200: 1 } }]);
  const slow = await open({ ...OPENING, key: 'secret-slow' });
  for (let i = 0; i < 2; i++) slow.send(frameOf(IMAGE));
  expect([(await slow.next()).status, (await slow.next()).status]).toEqual([200, 429]);
  expect(JSON.stringify(log)).not.toContain('secret');
});

test('streams over TCP and over WebSockets share one maximum, and one count of requests', async () => {
  const { open, url } = await startTcpApp({ streams: { most: 2 }, access: { maxConcurrent: 3 } });
  const first = await open();
  await openStream(url, 'tiny/stream?dtype=uint8');
  expect((await open()).first).toMatchObject({
    status: 503,
    detail: 'too many open streams: 3; expected at most 2',
  });
  first.socket.destroy();
  await expect.poll(async () => (await open()).first).toMatchObject({ type: 'ready' });
  const text = await (await fetch(`${url}/metrics`)).text();
  expect(text).toContain('hypercolumn_streams_open 2\n');
  const busy = await startTcpApp({ access: { maxConcurrent: 1 } });
  await busy.open();
  expect((await busy.open()).first).toMatchObject({ status: 429 });
  expect((await fetch(`${busy.url}/v1/models`)).status).toBe(429);
});
