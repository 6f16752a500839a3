import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { tcpConnection } from '../../../src/server/stream/tcp.js';
import { tinyCard, tinyModel } from '../../support/cards.js';
import { fixedRepository } from '../../support/fixed-repository.js';
import { frameOf } from '../../support/stream-client.js';
import { OPENING, openSockets, startTcpApp } from '../../support/tcp-app.js';
import { connectTcp, framed } from '../../support/tcp-client.js';

const IMAGE = Uint8Array.of(0, 51, 102, 153, 204, 255);

test.each<[string, Buffer, number, RegExp]>([
  ['too few bytes', framed(Buffer.alloc(13)), 1007, /^frame 1 has 13 bytes; .* takes 14$/],
  ['no bytes', framed(Buffer.alloc(0)), 1007, /^frame 1 has 0 bytes; .* takes 14$/],
  ['a byte too many', framed(Buffer.alloc(15)), 1009, /^a frame has 15 bytes; expected 14$/],
  ['4 GiB', Buffer.alloc(50, 255), 1009, /^a frame has 4294967295 bytes; expected 14$/],
])('a frame of %s ends the stream with a last message', async (_, bytes, code, message) => {
  const { open, lines } = await startTcpApp();
  const { socket, send, next, take } = await open();
  send(frameOf(IMAGE));
  expect(await next()).toMatchObject({ sequence: 0, status: 200 });
  socket.write(bytes);
  const last = await next();
  expect(last).toMatchObject({ sequence: 0, status: code, responses: new Float32Array() });
  expect(last.message).toMatch(message);
  expect(await take()).toBeUndefined();
  await expect.poll(lines).toMatchObject([{ code, reason: last.message, answered: { 200: 1 } }]);
});

test.each(['end', 'destroy', 'resetAndDestroy'] as const)(
  'a client that disappears in the middle of a frame (%s) ends only its own stream',
  async (way) => {
    const { open, lines } = await startTcpApp();
    const [other, client] = [await open(), await open()];
    await new Promise((resolve) => client.socket.write(Buffer.of(14, 0, 0, 0, 1, 2), resolve));
    client.socket[way]();
    await expect.poll(lines).toMatchObject([{ code: 1006, answered: {} }]);
    other.send(frameOf(IMAGE));
    expect(await other.next()).toMatchObject({ status: 200 });
  },
);

test('a client that resets the connection during its opening does no harm', async () => {
  const { tcp, open } = await startTcpApp();
  for (const bytes of [2, 20, 100]) {
    const { socket } = await connectTcp(tcp.url);
    socket.write(framed(Buffer.from(JSON.stringify(OPENING))).subarray(0, bytes));
    socket.resetAndDestroy();
  }
  expect((await open()).first).toMatchObject({ type: 'ready' });
});

test('little is computed for a client that does not read, and it is closed if that lasts', async () => {
  const card = tinyCard('tiny', 1);
  // 20 kB for each answer
  const neurons = Array.from({ length: 5000 }, (_, id) => ({ ...card.neurons[0]!, id }));
  const served = [{ ...tinyModel('tiny', 1), card: { ...card, neurons } }];
  const timing = { heartbeat: 60_000, unread: 300, goodbye: 50 };
  const { open, engine, lines } = await startTcpApp({ served, streams: { timing } });
  const { socket, send } = await open();
  socket.pause();
  const frames = 20_000;
  for (let i = 0; i < frames; i++) send(frameOf(IMAGE));
  const reason = 'the answers are not read';
  await expect.poll(lines, { timeout: 30_000 }).toMatchObject([{ code: 1008, reason }]);
  // A few megabytes fit into the buffers of the system.
  expect(engine.requests.length).toBeLessThan(frames / 10);
  socket.destroy();
});

test('of a flood no more frames than agreed are computed concurrently, and all are answered in order', async () => {
  const { open, engine, scheduler } = await startTcpApp({ chunk: 100 });
  const { send, next } = await open();
  engine.hold();
  for (let i = 0; i < 2000; i++) send(frameOf(IMAGE, BigInt(i)));
  await expect.poll(() => scheduler.depth).toBe(16);
  engine.open();
  for (let i = 0; i < 2000; i++) {
    const { sequence, stamp, status } = await next();
    if (sequence !== i || stamp !== BigInt(i) || status !== 200) expect.fail(`answer ${sequence}`);
  }
  expect(Math.max(...engine.requests.map(({ stimuli }) => stimuli.count))).toBeLessThanOrEqual(16);
});

test('a thousand silent connections leave an open stream alone, and those beyond the limit get a problem', async () => {
  const { open, tcp } = await startTcpApp(
    {},
    { limits: { maxConnections: 900, maxConnectionsPerAddress: 900 } },
  );
  const stream = await open();
  const clients = await Promise.all(Array.from({ length: 1000 }, () => connectTcp(tcp.url)));
  stream.send(frameOf(IMAGE));
  expect(await stream.next()).toMatchObject({ status: 200 });
  const { first } = await open();
  expect(first).toMatchObject({
    status: 429,
    detail: expect.stringMatching(
      /^too many connections of this address: 901; expected at most 900/,
    ),
  });
  for (const { socket } of clients) socket.destroy();
  await expect
    .poll(async () => (await open().catch(() => ({ first: {} }))).first)
    .toMatchObject({ type: 'ready' });
});

test('a closing service answers the frames that it has read, and says why it ends', async () => {
  const { open, tcp, engine, streams, state, service, lines, log } = await startTcpApp();
  const [stream, silent] = [await open(), await connectTcp(tcp.url)];
  engine.hold();
  for (let i = 0; i < 12; i++) stream.send(frameOf(IMAGE));
  await engine.whenRequested(1);
  state.readiness = { state: 'draining', service };
  expect((await open()).first).toMatchObject({
    status: 503,
    detail: 'the service is shutting down',
  });
  const closed = streams.close();
  engine.open();
  let answers = 0;
  for (;;) {
    const { status, flags, message } = await stream.next();
    if (status !== 200) {
      expect({ status, message }).toEqual({
        status: 1001,
        message: 'the service is shutting down',
      });
      break;
    }
    answers++;
    expect(flags & 1).toBe(1);
  }
  expect(answers).toBeGreaterThan(0);
  expect(await stream.take()).toBeUndefined();
  await closed;
  expect(lines()).toMatchObject([{ code: 1001, answered: { 200: answers } }]);
  const ended = tcp.close();
  const problem = await silent.json();
  expect(problem).toMatchObject({
    status: 503,
    detail: 'the service is shutting down',
    retryAfter: 1,
  });
  expect(log.filter(({ request }) => request === problem['requestId'])).toMatchObject([
    { msg: 'request', status: 503 },
  ]);
  await ended;
});

test('frames that an ending service cannot answer get 503, in order', async () => {
  const { open, engine, cut } = await startTcpApp();
  const stream = await open();
  engine.hold();
  for (let i = 0; i < 3; i++) stream.send(frameOf(IMAGE));
  await engine.whenRequested(1);
  cut.abort();
  const message = 'the service ends before this frame is answered';
  expect(await stream.next()).toMatchObject({ sequence: 0, status: 503, message });
  engine.open();
});

test('nothing of a stream remains when it has ended', async () => {
  const catalogue = fixedRepository([tinyModel('tiny', 1)], []);
  const { open, lines, log } = await startTcpApp({ catalogue, streams: { most: 20 } });
  const streams = await Promise.all(Array.from({ length: 20 }, () => open()));
  for (const [i, { socket, send }] of streams.entries()) {
    if (i % 2 === 0) send(frameOf(IMAGE));
    if (i % 3 === 0) socket.end();
    else if (i % 3 === 1) socket.destroy();
    else send(new Uint8Array(99));
  }
  await expect.poll(() => lines().length).toBe(20);
  await expect.poll(openSockets).toBe(0);
  expect(catalogue.held).toEqual([]);
  expect(log.filter(({ msg }) => msg === 'unhandled error')).toEqual([]);
});

test('a client that is refused gets the problem, whatever it sent besides, and nothing waits for it', async () => {
  const { tcp } = await startTcpApp({}, { timing: { opening: 60_000, goodbye: 60_000 } });
  await expect.poll(openSockets).toBe(0);
  const client = await connectTcp(tcp.url);
  client.send(Buffer.from(JSON.stringify({ ...OPENING, model: 'tin' })));
  for (let i = 0; i < 5000; i++) client.send(frameOf(IMAGE));
  expect(await client.json()).toMatchObject({ status: 404 });
  expect(await client.take()).toBeUndefined();
  await expect.poll(openSockets).toBe(0);
});

test('a client that ends with frames on the way has ended in order', async () => {
  const { open, engine, lines } = await startTcpApp();
  const { socket } = await open();
  engine.hold();
  socket.end(Buffer.concat(Array.from({ length: 500 }, () => framed(frameOf(IMAGE)))));
  await expect.poll(lines).toMatchObject([{ code: 1000, answered: {} }]);
  engine.open();
});

test('a connection that is paused hands over no message', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  const timing = { heartbeat: 60_000, unread: 60_000, goodbye: 60_000 };
  const agreement = { requestId: '', tag: '', frameBytes: 2, stamps: false, timing };
  const transport = tcpConnection(socket).accept(agreement);
  const seen: number[] = [];
  const closed = new Promise((resolve) => {
    transport.listen({
      message(bytes) {
        seen.push(bytes.length);
        transport.pause();
      },
      fault: () => undefined,
      closed: resolve,
    });
  });
  client.write(Buffer.concat([1, 2, 0].map((length) => framed(Buffer.alloc(length)))));
  for (const lengths of [[1], [1, 2], [1, 2, 0]]) {
    await expect.poll(() => seen.length).toBeGreaterThanOrEqual(lengths.length);
    expect(seen).toEqual(lengths);
    transport.resume();
  }
  client.end();
  expect(await closed).toEqual({ code: 1000, reason: '' });
  server.close();
});
