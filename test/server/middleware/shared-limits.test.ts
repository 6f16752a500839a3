import { expect } from 'vitest';
import { createOwnLimits } from '../../../src/server/middleware/rate-limits.js';
import { createSharedLimits } from '../../../src/server/middleware/shared-limits.js';
import { createTestApp } from '../../support/app.js';
import { testWith } from '../../support/capabilities.js';
import { bearer, keyRingOf } from '../../support/keys.js';
import { connectRedis, redisServer, startRedis } from '../../support/redis.js';

const test = testWith(redisServer());
const PATIENCE = 200;
const keys = keyRingOf([
  { name: 'slow', scopes: ['predict'], perSecond: 0.01 },
  { name: 'fast', scopes: ['predict'], perSecond: 40 },
]);

/** Two services with one Redis and the same keys. */
async function createReplicas() {
  const redis = await startRedis();
  const open = async () => {
    const client = await connectRedis(redis, PATIENCE);
    const rateLimits = createSharedLimits(
      client,
      createOwnLimits(() => 0),
    );
    const { app } = createTestApp({ rateLimits, access: { keys } });
    const send = (name: string) => app.request('/v1/models', { headers: bearer(name) });
    return { client, send };
  };
  return { redis, first: await open(), second: await open() };
}

test('the requests of a key to all services count', async () => {
  const { first, second } = await createReplicas();
  expect((await first.send('slow')).status).toBe(200);
  const rejected = await second.send('slow');
  expect(rejected.status).toBe(429);
  expect(await rejected.json()).toMatchObject({ detail: 'this key is good for 0.01 per second' });
  const seconds = Number(rejected.headers.get('Retry-After'));
  expect(seconds).toBeGreaterThan(50);
  expect(seconds).toBeLessThanOrEqual(100);
  expect(await first.client.keys('*')).toHaveLength(1);
  expect(await first.client.pttl((await first.client.keys('*'))[0]!)).toBeLessThanOrEqual(100_000);
});

test('a burst of one second is admitted at most, then the rate', async () => {
  const { first, second } = await createReplicas();
  const begun = performance.now();
  const statuses = await Promise.all(
    Array.from(
      { length: 80 },
      async (_, i) => (await (i % 2 ? first : second).send('fast')).status,
    ),
  );
  const seconds = (performance.now() - begun) / 1000;
  const admitted = statuses.filter((status) => status === 200).length;
  expect(admitted).toBeGreaterThanOrEqual(40);
  expect(admitted).toBeLessThanOrEqual(40 + Math.ceil(40 * seconds));
  expect(statuses.filter((status) => status === 429)).toHaveLength(80 - admitted);
});

test('while Redis is away the requests to each service count, and the message says so', async () => {
  const { redis, first, second } = await createReplicas();
  expect((await first.send('slow')).status).toBe(200);
  await redis.kill();
  expect((await second.send('slow')).status).toBe(200);
  const rejected = await second.send('slow');
  expect(rejected.status).toBe(429);
  expect(await rejected.json()).toMatchObject({
    detail: 'this key is good for 0.01 per second at this service',
  });
});

test('while Redis is full, or does not answer, the requests to each service count', async () => {
  const { redis, first, second } = await createReplicas();
  await first.client.config('SET', 'maxmemory', '1');
  expect((await first.send('slow')).status).toBe(200);
  redis.suspend();
  expect((await second.send('slow')).status).toBe(200);
  expect((await second.send('slow')).status).toBe(429);
});
