import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ENTROPY, MEAN_DISTANCE, ofEvenAttention } from '../../src/interpret/attention.js';

const MAP = { height: 9, width: 9 };

test('entropy is 0 bits for one cell, 1 for two equal ones and log2 81 for a uniform map', () => {
  const three = { height: 1, width: 3 };
  expect(ENTROPY.measure([0, 1, 0], three)).toBe(0);
  expect(ENTROPY.measure([0.5, 0, 0.5], three)).toBe(1);
  expect(ENTROPY.measure([0.5, 0.25, 0.25], three)).toBe(1.5);
  expect(ofEvenAttention(ENTROPY, MAP)).toBeCloseTo(Math.log2(81), 12);
});

test('distance is 0 for the centre alone, 4 pixels for a neighbour and 4 root 2 for a diagonal one', () => {
  const map = { height: 3, width: 3 };
  expect(MEAN_DISTANCE.measure([0, 0, 0, 0, 1, 0, 0, 0, 0], map)).toBe(0);
  expect(MEAN_DISTANCE.measure([0, 0, 0, 0.5, 0, 0, 0, 0.5, 0], map)).toBe(4);
  expect(MEAN_DISTANCE.measure([1, 0, 0, 0, 0, 0, 0, 0, 0], map)).toBeCloseTo(4 * Math.SQRT2, 12);
  // 4 (4 + 4 root 2) / 9
  const even = (4 * (4 + 4 * Math.SQRT2)) / 9;
  expect(ofEvenAttention(MEAN_DISTANCE, map)).toBeCloseTo(even, 12);
});

test('both are between those of one cell and of all, whatever the order of equally far cells', () => {
  const weights = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 81, maxLength: 81 });
  fc.assert(
    fc.property(weights, (given) => {
      const sum = given.reduce((a, b) => a + b, 0);
      fc.pre(sum > 0);
      const attention = given.map((weight) => weight / sum);
      const entropy = ENTROPY.measure(attention, MAP);
      expect(entropy).toBeGreaterThanOrEqual(-1e-12);
      expect(entropy).toBeLessThanOrEqual(Math.log2(81) + 1e-12);
      const distance = MEAN_DISTANCE.measure(attention, MAP);
      expect(distance).toBeLessThanOrEqual(16 * Math.SQRT2 + 1e-9);
      const turned = attention.toReversed();
      expect(ENTROPY.measure(turned, MAP)).toBeCloseTo(entropy, 9);
      expect(MEAN_DISTANCE.measure(turned, MAP)).toBeCloseTo(distance, 9);
    }),
  );
});
