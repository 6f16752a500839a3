import { expect, test } from 'vitest';
import { median } from '../../src/tuning/median.js';

test.each([
  [[3], 3],
  [[5, 1, 4], 4],
  [[0.9, 0.1, 0.4, 0.6], 0.5],
  [[10, 9, 2, -1], 5.5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});
