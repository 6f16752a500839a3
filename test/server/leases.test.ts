import { expect, test } from 'vitest';
import { createLeases } from '../../src/server/leases.js';

test('leases are released together, once each', () => {
  const leases = createLeases();
  const released: string[] = [];
  leases.add(() => released.push('model'));
  leases.add(() => released.push('memory'));
  leases.releaseAll();
  leases.releaseAll();
  expect(released).toEqual(['model', 'memory']);
});

test('a named resource is acquired once, and a failed attempt can be repeated', async () => {
  const leases = createLeases();
  const released: number[] = [];
  let acquired = 0;
  const acquire = async () => {
    const number = ++acquired;
    if (number === 1) throw new Error('no room');
    return () => void released.push(number);
  };
  await expect(leases.acquireOnce('body', acquire)).rejects.toThrow('no room');
  await leases.acquireOnce('body', acquire);
  await leases.acquireOnce('body', acquire);
  leases.releaseAll();
  expect([acquired, released]).toEqual([2, [2]]);
});

test('a named resource that is released early is not released again', async () => {
  const leases = createLeases();
  const released: string[] = [];
  await leases.acquireOnce('body', async () => () => void released.push('body'));
  leases.release('other');
  leases.release('body');
  expect(released).toEqual(['body']);
  leases.releaseAll();
  expect(released).toEqual(['body']);
});
