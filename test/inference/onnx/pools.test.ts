import { expect, test } from 'vitest';
import { createPools } from '../../../src/inference/onnx/pools.js';
import type { WorkerPool } from '../../../src/inference/onnx/worker-pool.js';

/** Pools without threads, and a clock that the test sets. */
function startPools() {
  const started: WorkerPool[] = [];
  const closed: WorkerPool[] = [];
  const time = { now: 0 };
  const pools = createPools({
    clock: () => time.now,
    start() {
      const pool: WorkerPool = {
        load: async () => undefined,
        unload: async () => undefined,
        run: async () => new Float32Array(),
        async close() {
          closed.push(pool);
        },
      };
      started.push(pool);
      return pool;
    },
  });
  return { pools, started, closed, time };
}

test('models share one pool while none of them is used', () => {
  const { pools, started } = startPools();
  const chosen = [pools.choose(), pools.choose(), pools.choose()];
  expect(new Set(chosen).size).toBe(1);
  expect(started).toHaveLength(1);
});

test('a model goes to another pool than those that answer', () => {
  const { pools, started, time } = startPools();
  const first = pools.choose();
  const end = first.use();
  const second = pools.choose();
  expect(second).not.toBe(first);
  expect(started).toHaveLength(2);
  end();
  time.now += 1000;
  expect(pools.choose()).toBe(second);
});

test('a pool that answered one request ten seconds ago takes a model; one that answered many does not', () => {
  for (const [requests, isFree] of [
    [1, true],
    [100, false],
  ] as const) {
    const { pools, time } = startPools();
    const first = pools.choose();
    for (let i = 0; i < requests; i++) first.use()();
    time.now += 10_000;
    expect(pools.choose() === first).toBe(isFree);
  }
});

test('where no further pool may start, the one that answered least takes the model', () => {
  const { pools, started } = startPools();
  const first = pools.choose();
  for (let i = 0; i < 10; i++) first.use()();
  const second = pools.choose();
  second.use()();
  expect(pools.choose()).toBe(second);
  for (let i = 0; i < 20; i++) second.use()();
  expect(pools.choose()).toBe(first);
  expect(started).toHaveLength(2);
});

test('a pool ends with its last model, unless there is no other empty one', async () => {
  const { pools, started, closed } = startPools();
  const first = pools.choose();
  const end = first.use();
  const second = pools.choose();
  end();
  await second.leave();
  expect(closed).toEqual([]);
  await first.leave();
  expect(closed).toEqual([first.threads]);
  expect(pools.choose()).toBe(second);
  await pools.close();
  expect(closed).toEqual(started);
});

test('a pool that computes does not end with its last model', async () => {
  const { pools, closed } = startPools();
  const first = pools.choose();
  first.use();
  const second = pools.choose();
  await second.leave();
  await first.leave();
  expect(closed).toEqual([]);
});
