import { expect, test } from 'vitest';
import { widenedRange } from '../../src/web/stimulus/widened-range.js';

test('a range is widened to the values of all lists, and never narrowed', () => {
  expect(widenedRange([0, 0], [2, 5], [-0.5, 1])).toEqual([-0.5, 5]);
  expect(widenedRange([-1, 6], [2, 5])).toEqual([-1, 6]);
  expect(widenedRange([0, 1])).toEqual([0, 1]);
});
