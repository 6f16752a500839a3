import { expect, test } from 'vitest';
import { findSeconds, toMilliseconds } from '../../src/datasets/window.js';

test.each([
  [0.04, 0.1, '40:100ms'],
  [0.07, 0.17, '70:170ms'],
  [-0.25, 0, '-250:0ms'],
  [0, 4.999, '0:4999ms'],
])('a window of %f to %f is probably in seconds', (from, to, meant) => {
  const text = `is within 5 ms of the onset: ${from}:${to}ms; expected milliseconds: ${meant} if seconds were meant`;
  expect(findSeconds({ window: { from, to }, baseline: { from, to } })).toEqual([
    { name: 'window', text },
    { name: 'baseline', text },
  ]);
});

test.each([
  [0, 5],
  [-5, 0],
  [40, 100],
  [0.5, 20],
])('a window of %i to %i is in milliseconds', (from, to) => {
  expect(findSeconds({ window: { from, to }, baseline: { from, to } })).toEqual([]);
});

test('where there is no window, none is in seconds', () => {
  expect(findSeconds({})).toEqual([]);
  expect(findSeconds({ window: null, baseline: 'none' })).toEqual([]);
});

test('seconds become milliseconds without the errors of binary fractions', () => {
  for (let ms = -3000; ms <= 3000; ms++) expect(toMilliseconds(ms / 1000)).toBe(ms);
});
