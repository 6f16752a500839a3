import { expect, test } from 'vitest';
import { CLOCK_START } from '../../support/app.js';
import { startTestApp } from '../../support/listening-app.js';
import { openStream } from '../../support/stream-client.js';

const IMAGE = new Float32Array(6).fill(0.5);
const PROBE = new Uint8Array(0);

/** Nanoseconds of Unix time, so many milliseconds after the clock of the app was at 0. */
function unixTime(milliseconds: number): bigint {
  return BigInt(CLOCK_START) * 1_000_000n + BigInt(1e6 * milliseconds);
}

async function start() {
  const parts = await startTestApp();
  return { ...parts, open: (query: string) => openStream(parts.url, `tiny/stream?${query}`) };
}

test('with stamps, an answer says when its frame was read and when it was sent', async () => {
  const { open, engine, time } = await start();
  const stream = await open('dtype=float32&neurons=7,1&stamps=true');
  expect(stream.ready).toMatchObject({ stamps: true, limits: { answerBytes: 48 + 8 } });
  time.now = 20;
  engine.hold();
  stream.send(IMAGE, 5n);
  await engine.whenRequested(1);
  time.now += 3.25;
  engine.open();
  const answer = await stream.next();
  expect(answer).toMatchObject({ status: 200, stamp: 5n, infer: 3.25, message: '' });
  expect(answer).toMatchObject({ received: unixTime(20), sent: unixTime(23.25) });
  expect([...answer.responses]).toEqual([12, 6]);
});

test('a clock probe is answered in its turn, and is not counted as an image', async () => {
  const { open, engine, url, log } = await start();
  const stream = await open('dtype=float32&stamps=true');
  engine.hold();
  stream.send(IMAGE, 1n);
  stream.send(PROBE, 2n);
  stream.send(IMAGE, 3n);
  await engine.whenRequested(1);
  engine.open();
  const answers = [await stream.next(), await stream.next(), await stream.next()];
  expect(answers).toMatchObject([
    { sequence: 0, status: 200, stamp: 1n },
    { sequence: 1, status: 204, stamp: 2n, responses: new Float32Array(), message: '' },
    { sequence: 2, status: 200, stamp: 3n },
  ]);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('hypercolumn_stream_frames_total{status="200"} 2\n');
  expect(metrics).not.toContain('status="204"');
  stream.socket.close(1000);
  await expect
    .poll(() => log.find(({ msg }) => msg === 'stream'))
    .toMatchObject({ answered: { 200: 2 } });
});

test('many probes in a row are answered, more than images may be at work', async () => {
  const { open } = await start();
  const stream = await open('dtype=float32&stamps=true');
  for (let i = 0; i < 100; i++) stream.send(PROBE, BigInt(i));
  for (let i = 0; i < 100; i++) {
    expect(await stream.next()).toMatchObject({ sequence: i, status: 204, stamp: BigInt(i) });
  }
});

test('without stamps, a frame without pixels closes the stream', async () => {
  const { open } = await start();
  const stream = await open('dtype=float32');
  stream.send(PROBE);
  expect(await stream.closed).toMatchObject({ code: 1007 });
});
