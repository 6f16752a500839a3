import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTokenBucket } from '../../../src/server/middleware/token-bucket.js';

test('the requests of one second pass immediately, then as many as the rate allows', () => {
  let now = 0;
  const take = createTokenBucket(2, () => now);
  expect([take(), take(), take()]).toEqual([0, 0, 0.5]);
  now = 499;
  expect(take()).toBeCloseTo(0.001, 9);
  now = 500;
  expect(take()).toBe(0);
  now = 60_000;
  expect([take(), take(), take()]).toEqual([0, 0, 0.5]);
});

test('a rate below one lets one request pass and reports the wait for the next', () => {
  let now = 0;
  const take = createTokenBucket(0.1, () => now);
  expect([take(), take()]).toEqual([0, 10]);
  now = 10_000;
  expect(take()).toBe(0);
});

test('in any pattern, no more requests pass than the first second and the rate allow', () => {
  const rate = fc.double({ min: 0.1, max: 50, noNaN: true });
  const pauses = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 200 });
  fc.assert(
    fc.property(rate, pauses, (perSecond, waits) => {
      let now = 0;
      const take = createTokenBucket(perSecond, () => now);
      let passed = 0;
      for (const wait of waits) {
        now += wait;
        const seconds = take();
        if (seconds === 0) passed += 1;
        else expect(seconds).toBeLessThanOrEqual(1 / perSecond + 1e-9);
      }
      expect(passed).toBeLessThanOrEqual(Math.max(1, perSecond) + (now / 1000) * perSecond + 1e-6);
    }),
  );
});
