import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import {
  quantile,
  samplesIn,
  since,
  sumHistograms,
  valueIn,
} from '../../src/web/status/exposition.js';

test('the output of prom-client is parsed label by label', async () => {
  const registry = new Registry();
  const seconds = new Histogram({
    name: 'answer_seconds',
    help: 'with "quotes" and a {brace}',
    labelNames: ['route'],
    buckets: [0.1, 1],
    registers: [registry],
  });
  seconds.observe({ route: '/a "b"' }, 0.05);
  seconds.observe({ route: '/a "b"' }, 0.5);
  seconds.observe({ route: '/c' }, 5);
  const samples = samplesIn(await registry.metrics());
  expect(samples).toContainEqual({
    name: 'answer_seconds_bucket',
    labels: { le: '0.1', route: '/a \\"b\\"' },
    value: 1,
  });
  expect(valueIn(samples, 'answer_seconds_sum')).toBeCloseTo(0.55, 12);
  expect([...sumHistograms(samples, 'answer_seconds', () => true)]).toEqual([
    [0.1, 1],
    [1, 2],
    [Number.POSITIVE_INFINITY, 3],
  ]);
  expect(
    [...sumHistograms(samples, 'answer_seconds', ({ route }) => route === '/c')].at(-1),
  ).toEqual([Number.POSITIVE_INFINITY, 1]);
});

test('a quantile is interpolated linearly within its bucket', () => {
  const histogram = new Map([
    [1, 0],
    [2, 10],
    [4, 20],
    [Number.POSITIVE_INFINITY, 20],
  ]);
  expect(quantile(histogram, 0.25)).toBe(1.5);
  expect(quantile(histogram, 0.5)).toBe(2);
  expect(quantile(histogram, 0.75)).toBe(3);
  expect(quantile(new Map([[1, 0]]), 0.5)).toBeUndefined();
  expect(
    quantile(
      new Map([
        [1, 1],
        [Number.POSITIVE_INFINITY, 10],
      ]),
      0.99,
    ),
  ).toBe(1);
});

test('the difference of two scrapes is what happened between them', () => {
  const before = new Map([[1, 3]]);
  const now = new Map([
    [1, 5],
    [2, 9],
  ]);
  expect([...since(before, now)]).toEqual([
    [1, 2],
    [2, 9],
  ]);
});
