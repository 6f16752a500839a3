import { expect, test } from 'vitest';
import { wholeTicks } from '../../src/web/figures/whole-ticks.js';

test.each([
  [1, [1]],
  [2, [1, 2]],
  [9, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  [20, [1, 4, 7, 10, 13, 16, 19]],
])('the ticks up to %d are whole numbers', (last, ticks) => {
  expect(wholeTicks(last)).toEqual(ticks);
});

test.each([50, 333, 100_000])('there are at most nine ticks up to %d', (last) => {
  const ticks = wholeTicks(last);
  expect(ticks.length).toBeLessThanOrEqual(9);
  expect(ticks.at(-1)).toBeLessThanOrEqual(last);
  expect(ticks.at(-1)).toBeGreaterThan(0.8 * last);
});
