import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { ServedModel } from '../../../src/inference/catalogue.js';
import type { TestAppOptions } from '../../support/app.js';
import { tinyCard, tinyModel } from '../../support/cards.js';
import { startTestApp } from '../../support/listening-app.js';
import { frameOf, openStream } from '../../support/stream-client.js';

const TIMING = { heartbeat: 60_000, unread: 60_000, goodbye: 60_000 };
const IMAGE = new Uint8Array(6).fill(255);

async function start(options?: TestAppOptions) {
  const parts = await startTestApp(options);
  const { url } = parts;
  const open = (path = 'tiny/stream?dtype=uint8') => openStream(url, path);
  const lines = () => parts.log.filter(({ msg }) => msg === 'stream');
  return { ...parts, open, lines };
}

/** A model with responses of 20 kB each. */
function talkative(): ServedModel {
  const card = tinyCard('tiny', 1);
  const neurons = Array.from({ length: 5000 }, (_, id) => ({ ...card.neurons[0]!, id }));
  return { ...tinyModel('tiny', 1), card: { ...card, neurons } };
}

/** A model that takes images of 1000x1000 pixels. */
function large(): ServedModel {
  const card = tinyCard('tiny', 1);
  const stimulus = { ...card.stimulus, height: 1000, width: 1000 };
  return { ...tinyModel('tiny', 1), card: { ...card, stimulus } };
}

/** A bare socket that has opened a stream and answers no WebSocket messages. */
async function bareClient(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(
    'GET /v1/models/tiny/stream?dtype=uint8 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n' +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n',
  );
  await once(socket, 'data');
  return socket;
}

/** Resolves when `value` has stopped changing. */
async function settled(value: () => number): Promise<void> {
  let last = Number.NaN;
  const unchanged = () => {
    const now = value();
    const same = now === last;
    last = now;
    return same;
  };
  await expect.poll(unchanged, { timeout: 30_000, interval: 100 }).toBe(true);
}

test('of a flood no more frames than agreed are computed concurrently, and all are answered in order', async () => {
  const { open, engine, scheduler } = await start({ chunk: 100 });
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  const stream = await open();
  engine.hold();
  const frames = 5000;
  for (let i = 0; i < frames; i++) stream.send(IMAGE, BigInt(i));
  await expect.poll(() => scheduler.depth).toBe(16);
  engine.open();
  for (let sequence = 0; sequence < frames; sequence++) {
    const { stamp, status, ...answer } = await stream.next();
    if (answer.sequence !== sequence || stamp !== BigInt(sequence) || status !== 200) {
      expect.fail(`answer ${answer.sequence} (${status}) has the stamp ${stamp}`);
    }
  }
  const batches = engine.requests.map(({ stimuli }) => stimuli.count);
  expect(Math.max(...batches)).toBeLessThanOrEqual(16);
  process.off('warning', warn);
  expect(warnings).toEqual([]);
});

test('a client that sends faster than the engine computes is held back', async () => {
  const { open, engine, scheduler } = await start({ served: [large()] });
  const { socket, ready, next } = await open('tiny/stream?dtype=uint8&neurons=0');
  expect(ready).toMatchObject({ limits: { framesAtWork: 4 } });
  engine.hold();
  const frame = frameOf(new Uint8Array(1_000_000));
  const frames = 60;
  let flushed = 0;
  for (let i = 0; i < frames; i++) {
    socket.send(frame, () => {
      flushed++;
    });
  }
  await expect.poll(() => scheduler.depth).toBe(4);
  await settled(() => flushed);
  // These are the frames being computed and those in the buffers of the system.
  expect(flushed).toBeLessThan(40);
  engine.open();
  for (let i = 0; i < frames; i++) expect((await next()).sequence).toBe(i);
});

test('little is computed for a client that does not read, and it is closed if that lasts', async () => {
  const timing = { ...TIMING, unread: 300, goodbye: 50 };
  const { open, engine, lines } = await start({ served: [talkative()], streams: { timing } });
  const stream = await open();
  stream.socket.pause();
  const frames = 20_000;
  for (let i = 0; i < frames; i++) stream.send(IMAGE);
  const reason = 'the answers are not read';
  await expect.poll(lines, { timeout: 30_000 }).toMatchObject([{ code: 1008, reason }]);
  // A few megabytes fit into the buffers of the system.
  expect(engine.requests.length).toBeLessThan(frames / 10);
  stream.socket.terminate();
});

test('a client that reads again gets every response', async () => {
  const { open, engine } = await start({ served: [talkative()], streams: { timing: TIMING } });
  const stream = await open();
  stream.socket.pause();
  const frames = 2000;
  for (let i = 0; i < frames; i++) stream.send(IMAGE);
  await settled(() => engine.requests.length);
  expect(engine.requests.length).toBeLessThan(frames);
  stream.socket.resume();
  for (let i = 0; i < frames; i++) expect((await stream.next()).sequence).toBe(i);
});

test('the frames of a client that has disconnected are removed from the queue', async () => {
  const { open, engine, scheduler, lines } = await start();
  const [stays, goes] = [await open(), await open()];
  engine.hold();
  stays.send(IMAGE);
  await engine.whenRequested(1);
  for (let i = 0; i < 3; i++) goes.send(IMAGE);
  await expect.poll(() => scheduler.depth).toBe(4);
  goes.socket.terminate();
  await expect.poll(() => scheduler.depth).toBe(1);
  engine.open();
  expect((await stays.next()).status).toBe(200);
  expect(lines()).toMatchObject([{ code: 1006, answered: {} }]);
});

test.each(['end', 'destroy', 'resetAndDestroy'] as const)(
  'a client that disappears in the middle of a frame (%s) ends only its own stream',
  async (way) => {
    const { url, open, engine, lines } = await start();
    const other = await open();
    const socket = await bareClient(url);
    // This begins a masked binary frame of 14 bytes, of which 3 are sent.
    const part = Buffer.from([0x82, 0x80 | 14, 1, 2, 3, 4, 0, 0, 0]);
    await new Promise((resolve) => socket.write(part, resolve));
    socket[way]();
    await expect.poll(lines).toMatchObject([{ code: 1006, answered: {} }]);
    other.send(IMAGE);
    expect((await other.next()).status).toBe(200);
    expect(engine.requests).toHaveLength(1);
  },
);

test('a client that does not answer a close does not delay the end of the service', async () => {
  const timing = { ...TIMING, goodbye: 50 };
  const { url, streams, lines } = await start({ streams: { timing } });
  const socket = await bareClient(url);
  await streams.close();
  expect(lines()).toMatchObject([{ code: 1001 }]);
  socket.destroy();
});

test('a client that answers no ping is closed, and one that does stays open', async () => {
  const timing = { ...TIMING, heartbeat: 20 };
  const { url, open, lines } = await start({ streams: { timing } });
  const alive = await open();
  let pings = 0;
  alive.socket.on('ping', () => {
    pings++;
  });
  const dead = await openStream(url, 'tiny/stream?dtype=uint8', { autoPong: false });
  expect((await dead.closed).code).toBe(1006);
  await expect
    .poll(lines)
    .toMatchObject([{ code: 1006, reason: 'the client gives no sign of life' }]);
  await expect.poll(() => pings).toBeGreaterThan(8);
  alive.send(IMAGE);
  expect((await alive.next()).status).toBe(200);
});

test('frames that an ending service cannot answer get 503, in order', async () => {
  const { open, engine, cut } = await start();
  const stream = await open();
  engine.hold();
  // These are fewer frames than a stream reads ahead, so that the ping after them is read too.
  for (let i = 0; i < 12; i++) stream.send(IMAGE);
  await engine.whenRequested(1);
  stream.socket.ping();
  await once(stream.socket, 'pong');
  cut.abort();
  const message = 'the service ends before this frame is answered';
  for (let sequence = 0; sequence < 12; sequence++) {
    expect(await stream.next()).toMatchObject({ sequence, status: 503, message });
  }
  expect(await stream.closed).toEqual({ code: 1001, reason: 'the service is shutting down' });
  engine.open();
});

test('nothing of a stream remains when it has ended', async () => {
  const { open, url, log, lines } = await start({ streams: { most: 40, timing: TIMING } });
  const count = (kind: string) =>
    process.getActiveResourcesInfo().filter((name) => name === kind).length;
  // Handles of earlier tests do not count.
  await expect.poll(() => count('TCPSocketWrap')).toBe(0);
  const timers = count('Timeout');
  const streams = await Promise.all(Array.from({ length: 40 }, () => open()));
  expect(count('TCPSocketWrap')).toBe(80);
  for (const [i, { socket, send }] of streams.entries()) {
    if (i % 2 === 0) send(IMAGE);
    if (i % 4 < 2) socket.close();
    else if (i % 8 === 2) socket.send('text');
    else socket.terminate();
  }
  await Promise.all(streams.map(({ closed }) => closed));
  await expect.poll(() => lines().length).toBe(40);
  await expect.poll(() => count('TCPSocketWrap')).toBe(0);
  await expect.poll(() => count('Timeout')).toBeLessThan(timers + 10);
  expect(log.filter(({ msg }) => msg === 'unhandled error')).toEqual([]);
  const text = await (await fetch(`${url}/metrics`)).text();
  expect(text).toContain('hypercolumn_streams_open 0\n');
});
