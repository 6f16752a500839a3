import { expect, test } from 'vitest';
import { SMALLEST_SIDE } from '../../support/saved-models.js';
import { spawnService } from '../../support/service.js';
import { frameOf, openStream, requestRejectedStream } from '../../support/stream-client.js';
import { connectTcp, openTcp } from '../../support/tcp-client.js';
import { startTestService } from '../../support/test-service.js';

const IMAGE = new Uint8Array(SMALLEST_SIDE ** 2).fill(128);
const STREAM = 'constant/stream?dtype=uint8';

test('a stream whose inference process is killed is answered frame by frame', async () => {
  const { url, children } = await startTestService();
  const stream = await openStream(url, `${STREAM}&neurons=7,0`);
  const restarts = async () =>
    /engine_restarts_total (\d+)/.exec(await (await fetch(`${url}/metrics`)).text())?.[1];
  const sendEight = () => {
    for (let i = 0; i < 8; i++) stream.send(IMAGE);
  };
  let sequence = 0;
  const receive = async () => {
    const answer = await stream.next();
    expect(answer).toMatchObject({ sequence, status: 200 });
    expect([...answer.responses]).toEqual([4, 1]);
    sequence++;
  };
  sendEight();
  await receive();
  sendEight();
  process.kill(children()[0]!, 'SIGKILL');
  sendEight();
  while (sequence < 24) await receive();
  expect(await restarts()).toBe('1');
  stream.send(IMAGE);
  await receive();
});

test('on SIGTERM a stream is notified, continues for the grace period, and is closed', async () => {
  const { url, child, ended, stderr } = await startTestService({ GRACE_SECONDS: '1' });
  const stream = await openStream(url, STREAM);
  stream.send(IMAGE);
  expect((await stream.next()).flags).toBe(0);
  child.kill('SIGTERM');
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503);
  stream.send(IMAGE);
  expect(await stream.next()).toMatchObject({ status: 200, flags: 1 });
  expect((await requestRejectedStream(url, STREAM)).status).toBe(503);
  expect(await stream.closed).toEqual({ code: 1001, reason: 'the service is shutting down' });
  expect(await ended).toBe(0);
  const { id: requestId } = stream.ready;
  const lines = stderr()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((line) => line.request === requestId);
  expect(lines).toMatchObject([
    { msg: 'stream', model: 'constant/1', neurons: 4, answered: { 200: 2 }, code: 1001 },
  ]);
});

test('MAX_STREAMS=0 opens no streams', async () => {
  const { url } = await startTestService({ MAX_STREAMS: '0' });
  expect(await requestRejectedStream(url, STREAM)).toMatchObject({
    status: 503,
    body: { detail: 'too many open streams: 1; expected at most 0' },
  });
});

test('STREAM_PORT offers streams over plain TCP, which end with the service', async () => {
  const { child, ended, stdout } = await startTestService({ STREAM_PORT: '0', GRACE_SECONDS: '1' });
  const tcp = /^listening for streams \.\.\. (tcp:\/\/127\.0\.0\.1:\d+), \d/m.exec(stdout())?.[1];
  const stream = await openTcp(tcp!, { model: 'constant', dtype: 'uint8', neurons: [7, 0] });
  const silent = await connectTcp(tcp!);
  stream.send(frameOf(IMAGE));
  expect([...(await stream.next()).responses]).toEqual([4, 1]);
  child.kill('SIGTERM');
  await expect
    .poll(async () => {
      stream.send(frameOf(IMAGE));
      return (await stream.next()).flags;
    })
    .toBe(1);
  const last = { status: 1001, message: 'the service is shutting down' };
  expect(await stream.next()).toMatchObject(last);
  expect(await silent.json()).toMatchObject({ status: 503, detail: last.message });
  expect(await ended).toBe(0);
});

test('no TCP port is open to the network without keys', async () => {
  const { ended, stderr } = spawnService({ STREAM_PORT: '0', STREAM_HOST: '0.0.0.0' });
  expect(await ended).toBe(2);
  expect(stderr()).toMatch(/^STREAM_HOST=0\.0\.0\.0 accepts streams from the network: .*\n$/);
});
