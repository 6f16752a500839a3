import { expect, vi } from 'vitest';
import { encodeNpy } from '../../../src/formats/npy.js';
import { createRedisAnswers } from '../../../src/server/middleware/shared-answers.js';
import { createTestApp } from '../../support/app.js';
import { testWith } from '../../support/capabilities.js';
import { connectRedis, redisServer, startRedis } from '../../support/redis.js';

const test = testWith(redisServer());
const URL = '/v1/models/tiny/responses';
const HOUR = 3_600_000;
const PATIENCE = 200;

function post(gray = 0.5): RequestInit {
  return {
    method: 'POST',
    body: new Uint8Array(encodeNpy(new Float32Array(6).fill(gray), [3, 2])),
    headers: { 'Content-Type': 'application/x-npy', 'Idempotency-Key': 'a' },
  };
}

/** Two services with one Redis. */
async function createReplicas() {
  const redis = await startRedis();
  const open = async () => {
    const client = await connectRedis(redis, PATIENCE);
    return { client, ...createTestApp({ sharedAnswers: createRedisAnswers(client, HOUR) }) };
  };
  return { redis, first: await open(), second: await open() };
}

test('a request that one service has answered gets the same response from another', async () => {
  const { first, second } = await createReplicas();
  const answers = [await first.app.request(URL, post()), await second.app.request(URL, post())];
  expect(await answers[1]!.text()).toBe(await answers[0]!.text());
  expect(answers.map((answer) => answer.headers.get('Idempotency-Replayed'))).toEqual([
    null,
    'true',
  ]);
  expect(answers[1]!.headers.get('ETag')).toBe(answers[0]!.headers.get('ETag'));
  expect([first.engine.requests.length, second.engine.requests.length]).toEqual([1, 0]);
  expect((await second.app.request(URL, post(0.25))).status).toBe(422);
  const [key] = await first.client.keys('*');
  const milliseconds = await first.client.pttl(key!);
  expect(milliseconds).toBeGreaterThan(HOUR / 2);
  expect(milliseconds).toBeLessThanOrEqual(HOUR);
});

test('a request waits for the service that is answering it, and another request is rejected', async () => {
  const { first, second } = await createReplicas();
  first.engine.hold();
  const answer = first.app.request(URL, post());
  await first.engine.whenRequested(1);
  const repeated = second.app.request(URL, post());
  expect((await second.app.request(URL, post(0.25))).status).toBe(422);
  const [key] = await first.client.keys('*');
  expect(await first.client.pttl(key!)).toBeLessThanOrEqual(15_000); // in case the service is killed
  first.engine.open();
  expect(await (await repeated).text()).toBe(await (await answer).text());
  expect(second.engine.requests).toEqual([]);
});

test('a request that failed at one service is answered by another', async () => {
  const { first, second } = await createReplicas();
  first.cut.abort();
  expect((await first.app.request(URL, post())).status).toBe(503);
  await vi.waitFor(async () => expect(await first.client.keys('*')).toEqual([]));
  expect((await second.app.request(URL, post())).status).toBe(200);
});

test('while Redis is away each service answers for itself', async () => {
  const { redis, first, second } = await createReplicas();
  await redis.kill();
  for (const { app, engine } of [first, second]) {
    expect((await app.request(URL, post())).status).toBe(200);
    expect((await app.request(URL, post())).headers.get('Idempotency-Replayed')).toBe('true');
    expect(engine.requests).toHaveLength(1);
  }
});

test('while Redis is full, or does not answer, each service answers for itself', async () => {
  const { redis, first, second } = await createReplicas();
  await first.client.config('SET', 'maxmemory', '1');
  expect((await first.app.request(URL, post())).status).toBe(200);
  redis.suspend();
  expect((await second.app.request(URL, post())).status).toBe(200);
  expect([first.engine.requests.length, second.engine.requests.length]).toEqual([1, 1]);
});
