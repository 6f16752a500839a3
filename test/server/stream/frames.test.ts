import { once } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { EngineLostError } from '../../../src/errors.js';
import type { TestAppOptions } from '../../support/app.js';
import { startTestApp } from '../../support/listening-app.js';
import { frameOf, openStream, type StreamClient } from '../../support/stream-client.js';

async function start(options?: TestAppOptions) {
  const parts = await startTestApp(options);
  const { url } = parts;
  const open = (query = '') => openStream(url, `tiny/stream?dtype=float32${query}`);
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  const lines = () => parts.log.filter(({ msg }) => msg === 'stream');
  return { ...parts, open, metrics, lines };
}

/** Resolves when the service has read what was sent. */
async function readBy({ socket }: StreamClient): Promise<void> {
  socket.ping();
  await once(socket, 'pong');
}

/** Of a larger RMS contrast than the images that `tiny` was trained on. */
const STRIPES = Float32Array.of(0, 1, 0, 1, 0, 1);

/** Gray images whose pixels sum to 6 times `value`. */
function gray(value: number): Float32Array {
  return new Float32Array(6).fill(value);
}

test('each frame is answered in order with its number, the client’s stamp and the responses', async () => {
  const { open, engine } = await start();
  const stream = await open('&neurons=7,1');
  const stamps = [0n, 1n, 0x0123456789abcdefn, 2n ** 64n - 1n];
  for (const [i, stamp] of stamps.entries()) stream.send(gray(i / 4), stamp);
  for (const [sequence, stamp] of stamps.entries()) {
    const answer = await stream.next();
    expect(answer).toMatchObject({ sequence, status: 200, stamp, message: '' });
    // columns 3 and 1 of the population, which answers the sum of the pixels times 4 and 2
    expect([...answer.responses]).toEqual([6 * sequence, 3 * sequence]);
  }
  expect(new Set(engine.requests.map(({ neurons }) => `${neurons}`))).toEqual(new Set(['3,1']));
});

test('both pixel types give the same responses as a POST, bit for bit', async () => {
  const { url, open } = await start();
  const streams = {
    float32: await open(),
    uint8: await openStream(url, 'tiny/stream?dtype=uint8'),
  };
  const post = async (pixels: Uint8Array, dtype: string) => {
    const type = 'application/octet-stream';
    const target = `${url}/v1/models/tiny/responses?dtype=${dtype}`;
    const headers = { 'Content-Type': type, Accept: type };
    const answer = await fetch(target, { method: 'POST', headers, body: new Uint8Array(pixels) });
    return Buffer.from(await answer.arrayBuffer());
  };
  const bytes = fc.uint8Array({ minLength: 6, maxLength: 6 });
  const floats = fc.float32Array({ minLength: 6, maxLength: 6, min: 0, max: 1, noNaN: true });
  await fc.assert(
    fc.asyncProperty(bytes, floats, async (whole, real) => {
      for (const [dtype, pixels] of Object.entries({ uint8: whole, float32: real })) {
        const stream = streams[dtype as keyof typeof streams];
        stream.send(pixels);
        const { responses } = await stream.next();
        const sent = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
        expect(Buffer.from(responses.buffer).equals(await post(sent, dtype))).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
});

test('the time of a frame is reported part by part', async () => {
  const { open, engine, time, metrics } = await start();
  const stream = await open();
  engine.hold();
  stream.send(gray(0.5));
  await engine.whenRequested(1);
  stream.send(gray(0.5));
  await readBy(stream);
  time.now += 30;
  engine.release();
  await engine.whenRequested(2);
  time.now += 5;
  engine.release();
  expect(await stream.next()).toMatchObject({ decode: 0, queue: 0, infer: 30 });
  expect(await stream.next()).toMatchObject({ decode: 0, queue: 30, infer: 5 });
  const text = await metrics();
  expect(text).toContain('hypercolumn_stream_frames_total{status="200"} 2\n');
  const sum = (stage: string) =>
    Number(new RegExp(`hypercolumn_${stage}_seconds_sum (\\S+)`).exec(text)?.[1]);
  expect(sum('decode')).toBe(0);
  expect(sum('queue')).toBeCloseTo(0.03, 9);
  expect(sum('infer')).toBeCloseTo(0.035, 9);
  const answers =
    /hypercolumn_answer_seconds_sum\{route="\/v1\/models\/:model\/stream"\} (\S+)/.exec(text);
  expect(Number(answers?.[1])).toBeCloseTo(0.065, 9);
  expect(text).toContain('hypercolumn_streams_open 1\n');
});

test('frames of several streams are computed together', async () => {
  const { open, engine } = await start();
  const streams = await Promise.all([open(), open(), open()]);
  engine.hold();
  streams[0]!.send(gray(0));
  await engine.whenRequested(1);
  for (const stream of streams) {
    stream.send(gray(0.5));
    await readBy(stream);
  }
  engine.open();
  await streams[0]!.next();
  for (const stream of streams) expect((await stream.next()).responses[0]).toBe(3);
  expect(engine.requests.map(({ stimuli }) => stimuli.count)).toEqual([1, 3]);
});

test('an invalid frame is rejected in its turn, and the stream continues', async () => {
  const { open, engine, metrics } = await start();
  const stream = await open();
  engine.hold();
  stream.send(gray(1), 1n);
  await engine.whenRequested(1);
  stream.send(Float32Array.of(0, 0, 0, 1.5, 0, 0), 2n);
  stream.send(gray(Number.NaN), 3n);
  stream.send(gray(0), 4n);
  await readBy(stream);
  engine.open();
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push(await stream.next());
  expect(answers).toMatchObject([
    { sequence: 0, status: 200, stamp: 1n },
    { sequence: 1, status: 422, stamp: 2n, responses: new Float32Array() },
    { sequence: 2, status: 422, stamp: 3n, responses: new Float32Array() },
    { sequence: 3, status: 200, stamp: 4n },
  ]);
  expect(answers[1]!.message).toMatchInlineSnapshot(
    `"stimuli[1][1][1] is 1.5: pixels are 0..1 as floats, 0..255 only as 8-bit integers; divide by 255"`,
  );
  expect(answers[2]!.message).toBe('stimuli[2][0][0] is NaN: pixels must be finite');
  expect(await metrics()).toContain('hypercolumn_stream_frames_total{status="422"} 2\n');
});

test('a frame past the deadline of its client is late, and the stream continues', async () => {
  const { open, engine, time, metrics } = await start();
  const stream = await open('&patience=40');
  engine.hold();
  stream.send(gray(1));
  await engine.whenRequested(1);
  time.now += 39;
  engine.release();
  expect(await stream.next()).toMatchObject({ sequence: 0, status: 200, infer: 39 });
  stream.send(gray(1), 9n);
  await engine.whenRequested(2);
  time.now += 40;
  engine.open();
  expect(await stream.next()).toMatchObject({
    sequence: 1,
    status: 503,
    stamp: 9n,
    queue: 40,
    message: 'the deadline passed before the responses were there',
  });
  stream.send(gray(1));
  expect(await stream.next()).toMatchObject({ sequence: 2, status: 200 });
  expect(await metrics()).toContain('hypercolumn_deadline_misses_total 1\n');
});

test('frames beyond the queue are rejected, and the stream continues', async () => {
  const { open, engine } = await start({ capacity: 1 });
  const stream = await open();
  engine.hold();
  for (let i = 0; i < 3; i++) stream.send(gray(1));
  await engine.whenRequested(1);
  await readBy(stream);
  engine.open();
  expect((await stream.next()).status).toBe(200);
  expect((await stream.next()).status).toBe(200);
  expect(await stream.next()).toMatchObject({
    sequence: 2,
    status: 429,
    message: 'too many waiting stimuli: 2; expected at most 1',
  });
  stream.send(gray(1));
  expect((await stream.next()).status).toBe(200);
});

test('a frame is sent again to an engine that is lost once, and rejected when it is lost twice', async () => {
  const { open, engine } = await start();
  const stream = await open();
  engine.failNext(new EngineLostError('gone'));
  stream.send(gray(1));
  expect((await stream.next()).status).toBe(200);
  for (let i = 0; i < 2; i++) engine.failNext(new EngineLostError('gone'));
  stream.send(gray(1));
  expect(await stream.next()).toMatchObject({
    status: 503,
    message: 'gone, for the second time while computing this; send it again',
  });
  stream.send(gray(1));
  expect((await stream.next()).status).toBe(200);
});

test('an image outside the training range is marked', async () => {
  const { open } = await start();
  const stream = await open();
  for (const image of [gray(0.5), STRIPES, gray(1)]) stream.send(image);
  const flags = [];
  for (let i = 0; i < 3; i++) flags.push((await stream.next()).flags);
  expect(flags).toEqual([0, 2, 0]);
});

test('a stream keeps its version when a newer one is served', async () => {
  const { open, engine, service } = await start();
  const stream = await open();
  const older = service.catalogue.find('tiny', 1);
  service.catalogue.find = () => older;
  stream.send(gray(1));
  await stream.next();
  expect(engine.requests[0]?.digest).toBe('2'.repeat(64));
});

const pixels = gray(1);
test.each<[string, (socket: WebSocket) => void, number, string | RegExp]>([
  [
    'a frame that is too short',
    (socket) => socket.send(frameOf(pixels).subarray(1)),
    1007,
    'frame 1 has 31 bytes; 3 high x 2 wide in float32 takes 32',
  ],
  [
    'an empty frame',
    (socket) => socket.send(new Uint8Array()),
    1007,
    'frame 1 has 0 bytes; 3 high x 2 wide in float32 takes 32',
  ],
  ['a text', (socket) => socket.send('{"a": 1}'), 1003, 'message 1 is text; frames are binary'],
  [
    'a frame that is too long',
    (socket) => socket.send(Buffer.concat([frameOf(pixels), Buffer.alloc(1)])),
    1009,
    'Max payload size exceeded',
  ],
  ['a goodbye', (socket) => socket.close(4321, 'session over'), 4321, 'session over'],
])('%s closes the stream', async (_, act, code, reason) => {
  const { open, engine, lines, metrics } = await start();
  const stream = await open();
  stream.send(pixels);
  await stream.next();
  act(stream.socket);
  stream.socket.send(frameOf(pixels));
  const closed = await stream.closed;
  expect(closed.code).toBe(code);
  // the WebSocket closes for itself where a frame is too long, and gives no reason
  if (code !== 1009) expect(closed.reason).toBe(reason);
  await expect.poll(lines).toMatchObject([{ code, reason, answered: { 200: 1 }, model: 'tiny/2' }]);
  expect(engine.requests).toHaveLength(1);
  expect(await metrics()).toContain('hypercolumn_streams_open 0\n');
});

test('a bug closes the stream and is logged', async () => {
  const { open, engine, log, lines } = await start();
  const stream = await open();
  engine.failNext(new TypeError('not a function'));
  stream.send(gray(1));
  stream.send(gray(1));
  const reason = 'an error in the service; its log has it';
  expect(await stream.closed).toEqual({ code: 1011, reason });
  const { id: requestId } = stream.ready;
  const bugs = log.filter(({ msg }) => msg === 'unhandled error');
  expect(bugs).toMatchObject([{ request: requestId, err: { message: 'not a function' } }]);
  await expect.poll(lines).toMatchObject([{ request: requestId, code: 1011, answered: {} }]);
});

test('a frame may come in fragments with pings in between', async () => {
  const { open } = await start();
  const { socket, next } = await open();
  const frame = frameOf(gray(0.5), 7n);
  for (let i = 0; i < frame.length; i++) {
    socket.send(frame.subarray(i, i + 1), { fin: i === frame.length - 1 });
    if (i % 10 === 0) socket.ping();
  }
  const { stamp, responses } = await next();
  expect(stamp).toBe(7n);
  expect([...responses]).toEqual([3, 6, 9, 12]);
});

test('when the service stops, responses announce it, and streams close once they are answered', async () => {
  const { open, engine, state, service, streams, lines } = await start();
  const [busy, idle] = [await open(), await open()];
  busy.send(gray(0.5));
  expect((await busy.next()).flags).toBe(0);
  state.readiness = { state: 'draining', service };
  busy.send(gray(0.5));
  expect((await busy.next()).flags).toBe(1);
  engine.hold();
  busy.send(gray(0.5));
  busy.send(STRIPES);
  await engine.whenRequested(3);
  await readBy(busy);
  const end = streams.close();
  const goodbye = { code: 1001, reason: 'the service is shutting down' };
  expect(await idle.closed).toEqual(goodbye);
  engine.open();
  expect((await busy.next()).status).toBe(200);
  expect(await busy.next()).toMatchObject({ sequence: 3, status: 200, flags: 3 });
  expect(await busy.closed).toEqual(goodbye);
  await end;
  expect(lines()).toMatchObject([{ code: 1001 }, { code: 1001 }]);
});
