import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DeadlineError } from '../../../src/errors.js';
import { createMemoryBudget, type MemoryBudget } from '../../../src/server/body/memory-budget.js';

let budget: MemoryBudget;
let entered: string[];
beforeEach(() => {
  vi.useFakeTimers();
  budget = createMemoryBudget({ capacity: 100, small: 10 });
  entered = [];
});
afterEach(() => {
  vi.useRealTimers();
});

async function enter(name: string, bytes: number, signal?: AbortSignal, patience?: number) {
  const client = { signal: signal ?? new AbortController().signal, patience };
  const release = await budget.enter(bytes, client);
  entered.push(name);
  return release;
}

/** Waits until every promise that can settle has settled. */
const settled = () => vi.advanceTimersByTimeAsync(0);

test('requests enter in order of arrival while there is room, and small ones never wait', async () => {
  const first = await enter('60', 60);
  void enter('50', 50);
  void enter('20, after the 50', 20);
  void enter('small', 10);
  await settled();
  expect(entered).toEqual(['60', 'small']);
  first();
  first();
  await settled();
  expect(entered).toEqual(['60', 'small', '50', '20, after the 50']);
  void enter('40', 40);
  await settled();
  expect(entered).toHaveLength(4);
});

test('a caller that has used its share lets others pass', async () => {
  budget = createMemoryBudget({ capacity: 100, small: 10, share: 50 });
  const { signal } = new AbortController();
  const one = async (name: string, bytes: number, clientId: string) => {
    const release = await budget.enter(bytes, { signal, clientId });
    entered.push(name);
    return release;
  };
  const first = await one('all of the share of a', 1000, 'a');
  void one('a again', 20, 'a');
  void one('a, third', 11, 'a');
  const other = one('b', 40, 'b');
  void one('c waits for the total', 30, 'c');
  await settled();
  expect(entered).toEqual(['all of the share of a', 'b']);
  (await other)();
  await settled();
  expect(entered).toEqual(['all of the share of a', 'b', 'c waits for the total']);
  first();
  await settled();
  expect(entered.slice(3)).toEqual(['a again', 'a, third']);
});

test('a request larger than the whole budget runs alone', async () => {
  const first = await enter('20', 20);
  const large = enter('1000', 1000);
  await settled();
  expect(entered).toEqual(['20']);
  first();
  const release = await large;
  void enter('next', 11);
  await settled();
  expect(entered).toEqual(['20', '1000']);
  release();
  await settled();
  expect(entered).toEqual(['20', '1000', 'next']);
});

test('a client that disconnects or times out lets the next one in', async () => {
  await enter('first', 60);
  const client = new AbortController();
  const leaves = enter('leaves', 90, client.signal);
  const late = enter('late', 90, undefined, 500);
  void enter('next', 40);
  const ends = Promise.allSettled([leaves, late]);
  client.abort(new Error('it left'));
  await vi.advanceTimersByTimeAsync(499);
  expect(entered).toEqual(['first']);
  await vi.advanceTimersByTimeAsync(1);
  expect(entered).toEqual(['first', 'next']);
  expect(await ends).toMatchObject([
    { reason: new Error('it left') },
    { reason: expect.any(DeadlineError) },
  ]);
  await expect(enter('gone', 50, client.signal)).rejects.toThrow('it left');
});

test('the timeout ends with the wait', async () => {
  const release = await enter('patient', 50, undefined, 100);
  await vi.advanceTimersByTimeAsync(1000);
  expect(vi.getTimerCount()).toBe(0);
  release();
});
