import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { decodeSafetensors } from '../../src/formats/safetensors.js';
import {
  correlation,
  descending,
  neuronMetrics,
  peakCount,
  peakTuning,
} from '../../src/tuning/metrics.js';
import { column } from '../../src/tuning/response-matrix.js';

const golden = decodeSafetensors(
  readFileSync(new URL('../fixtures/metrics.safetensors', import.meta.url)),
);
const goldenMatrix = (name: string) => ({
  stimuli: 1000,
  neurons: 10,
  values: Float64Array.from(golden.get(name)!.data),
});

/** Distinct numbers, whose order is unambiguous. */
const distinct = fc.uniqueArray(fc.integer({ min: -10_000, max: 10_000 }), {
  minLength: 2,
  maxLength: 60,
});
/** Real and predicted responses, each without equal ones, and a k. */
const pair = distinct.chain((real) =>
  fc.record({
    real: fc.constant(real),
    predicted: fc.uniqueArray(fc.integer({ min: -10_000, max: 10_000 }), {
      minLength: real.length,
      maxLength: real.length,
    }),
    k: fc.integer({ min: 1, max: real.length }),
  }),
);

/** Pearson correlation by the one-pass textbook formula on sums. */
function naiveCorrelation(x: readonly number[], y: readonly number[]): number {
  const n = x.length;
  const sum = (term: (i: number) => number) => x.reduce((total, _, i) => total + term(i), 0);
  const sx = sum((i) => x[i]!);
  const sy = sum((i) => y[i]!);
  const sxy = sum((i) => x[i]! * y[i]!);
  const sxx = sum((i) => x[i]! ** 2);
  const syy = sum((i) => y[i]! ** 2);
  return (n * sxy - sx * sy) / Math.sqrt((n * sxx - sx * sx) * (n * syy - sy * sy));
}

/** Peak tuning by sorting pairs and sets, without indices. */
function naivePeakTuning(real: readonly number[], predicted: readonly number[], k: number) {
  const theta = [...real].sort((a, b) => b - a)[k - 1]!;
  const top = real.map((r, i) => ({ r, p: predicted[i]! })).sort((a, b) => b.r - a.r);
  const topPredicted = [...predicted].sort((a, b) => b - a).slice(0, k);
  return {
    theta,
    ptJ: top.slice(0, k).filter(({ p }) => p >= theta).length / k,
    ptS: topPredicted.filter((p) => p >= theta).length / k,
  };
}

test('CORR, PT_J and PT_S equal the published code to 1e-12', () => {
  const real = goldenMatrix('real');
  const predicted = goldenMatrix('predicted');
  for (let j = 0; j < 10; j += 1) {
    const metrics = neuronMetrics(column(real, j), column(predicted, j));
    expect(Math.abs(metrics.corr! - golden.get('corr')!.data[j]!)).toBeLessThan(1e-12);
    expect(Math.abs(metrics.ptJ! - golden.get('pt_j')!.data[j]!)).toBeLessThan(1e-12);
    expect(Math.abs(metrics.ptS! - golden.get('pt_s')!.data[j]!)).toBeLessThan(1e-12);
  }
});

test('the golden metrics distinguish neurons and the two peak tunings', () => {
  expect(new Set(golden.get('corr')!.data).size).toBe(10);
  expect([...golden.get('pt_j')!.data]).not.toEqual([...golden.get('pt_s')!.data]);
});

test('the correlation equals the textbook formula to 1e-9', () => {
  fc.assert(
    fc.property(pair, ({ real, predicted }) => {
      expect(correlation(real, predicted)).toBeCloseTo(naiveCorrelation(real, predicted), 9);
    }),
  );
});

test('the correlation equals a calculation by hand', () => {
  expect(correlation([1, 2, 3], [1, 3, 2])).toBeCloseTo(0.5, 14);
  expect(correlation([1, 2], [5, -5])).toBe(-1);
});

test('a list correlates with itself at 1 and with its negative at -1, to 1e-12', () => {
  fc.assert(
    fc.property(distinct, (values) => {
      const negative = values.map((value) => -value);
      expect(Math.abs(correlation(values, values)! - 1)).toBeLessThan(1e-12);
      expect(Math.abs(correlation(values, negative)! + 1)).toBeLessThan(1e-12);
    }),
  );
});

test('the correlation ignores scale and offset of either side, to 1e-9', () => {
  const scale = fc.double({ min: 0.01, max: 100, noNaN: true });
  const offset = fc.double({ min: -100, max: 100, noNaN: true });
  fc.assert(
    fc.property(pair, scale, offset, ({ real, predicted }, a, b) => {
      const moved = predicted.map((value) => a * value + b);
      expect(Math.abs(correlation(real, moved)! - correlation(real, predicted)!)).toBeLessThan(
        1e-9,
      );
      expect(Math.abs(correlation(moved, real)! - correlation(real, predicted)!)).toBeLessThan(
        1e-9,
      );
    }),
  );
});

test.each([
  ['a constant prediction', [1, 2, 3], [7, 7, 7]],
  ['constant real responses', [0, 0], [1, 2]],
  ['a constant whose mean is rounded', [1, 2, 3], [0.1, 0.1, 0.1]],
  ['zero and negative zero', [1, 2], [0, -0]],
  ['one stimulus', [1], [2]],
])('there is no correlation with %s', (_, real, predicted) => {
  expect(correlation(real, predicted)).toBeNull();
});

test.each([Number.MAX_VALUE, 1e200, 1e-200, Number.MIN_VALUE * 4])(
  'responses near %d correlate like those near 1',
  (level) => {
    const scaled = [0.25, 0.5, 1].map((response) => response * level);
    expect(correlation(scaled, [1, 3, 2])).toBeCloseTo(correlation([1, 2, 4], [1, 3, 2])!, 12);
    expect(correlation([-level, 0, level], [1, 3, 2])).toBeCloseTo(0.5, 12);
  },
);

test('responses far from zero keep their deviations', () => {
  const far = [1, 2, 3].map((response) => 1e15 + response);
  expect(correlation(far, [1, 3, 2])).toBeCloseTo(0.5, 12);
});

test('peak tuning equals a calculation by hand', () => {
  const real = [0.1, 0.9, 0.5, 0.8, 0.2];
  const predicted = [0.9, 0.85, 0.1, 0.3, 0.2];
  expect(peakTuning(real, predicted, 2)).toEqual({ theta: 0.8, ptJ: 0.5, ptS: 1 });
});

test('peak tuning equals a naive implementation', () => {
  fc.assert(
    fc.property(pair, ({ real, predicted, k }) => {
      expect(peakTuning(real, predicted, k)).toEqual(naivePeakTuning(real, predicted, k));
    }),
  );
});

test('peak tuning is in 0..1, joint at most separate, and 1 for a perfect prediction', () => {
  const tied = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(tied, fc.infiniteStream(fc.integer({ min: 0, max: 4 })), fc.nat(), (real, p, s) => {
      const predicted = [...p.take(real.length)];
      const k = 1 + (s % real.length);
      const { ptJ, ptS } = peakTuning(real, predicted, k);
      expect(ptJ ?? 0).toBeGreaterThanOrEqual(0);
      expect(ptS ?? 1).toBeGreaterThanOrEqual(ptJ ?? 0);
      expect(ptS ?? 1).toBeLessThanOrEqual(1);
      const perfect = peakTuning(real, real, k);
      expect([perfect.ptJ ?? 1, perfect.ptS ?? 1]).toEqual([1, 1]);
      expect(perfect.ptJ === null).toBe(perfect.ptS === null);
    }),
  );
});

test('the order of the stimuli changes neither CORR (to 1e-12) nor peak tuning', () => {
  const shuffled = pair.chain((given) =>
    fc.record({
      given: fc.constant(given),
      order: fc.shuffledSubarray([...given.real.keys()], { minLength: given.real.length }),
    }),
  );
  fc.assert(
    fc.property(shuffled, ({ given: { real, predicted, k }, order }) => {
      const { corr, ...peak } = neuronMetrics(real, predicted, k);
      const { corr: corrShuffled, ...peakShuffled } = neuronMetrics(
        order.map((i) => real[i]!),
        order.map((i) => predicted[i]!),
        k,
      );
      expect(peakShuffled).toEqual(peak);
      expect(Math.abs(corrShuffled! - corr!)).toBeLessThan(1e-12);
    }),
  );
});

test('equal values keep their order', () => {
  const real = [1, 5, 5, 5];
  expect(descending(real)).toEqual(Uint32Array.of(1, 2, 3, 0));
  expect(descending([0, -0, 0])).toEqual(Uint32Array.of(0, 1, 2));
});

test('a prediction equal to theta counts', () => {
  expect(peakTuning([3, 2, 1], [2, 2, 2], 2)).toEqual({ theta: 2, ptJ: 1, ptS: 1 });
});

test('a prediction shrunk by half keeps CORR and loses its peak', () => {
  const real = [8, 7, 1, 0];
  const { corr, ptJ, ptS } = neuronMetrics(real, [4, 3.5, 0.5, 0], 2);
  expect(corr).toBeCloseTo(1, 14);
  expect([ptJ, ptS]).toEqual([0, 0]);
});

test('one stimulus is its own peak and correlates with nothing', () => {
  expect(neuronMetrics([4], [3])).toEqual({
    corr: null,
    corrReason: 'the real or the predicted responses are constant',
    theta: 4,
    ptJ: 0,
    ptS: 0,
  });
});

test.each([
  [1, 1],
  [49, 1],
  [149, 1],
  [150, 2],
  [1000, 10],
  [49_000, 490],
])('the peak of %i stimuli is %i of them by default', (stimuli, k) => {
  expect(peakCount(stimuli)).toBe(k);
});

test.each([0, -1, 4, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('k = %d of 3 is rejected', (k) => {
  expect(() => peakTuning([1, 2, 3], [1, 2, 3], k)).toThrow(InputError);
  expect(() => peakCount(3, k)).toThrow(
    /k must be a whole number from 1 to the number of stimuli, 3/,
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  '%d is rejected and named',
  (bad) => {
    for (const metric of [correlation, peakTuning]) {
      expect(() => metric([1, 2, bad], [1, 2, 3])).toThrow(InputError);
      expect(() => metric([1, 2, bad], [1, 2, 3])).toThrow(/responses\[2\] is/);
      expect(() => metric([1, 2, 3], [1, bad, 3])).toThrow(/predicted\[1\] is/);
    }
  },
);

test('an empty list of stimuli is rejected', () => {
  expect(() => correlation([], [])).toThrow(InputError);
  expect(() => peakTuning([], [])).toThrow(InputError);
});

test('lists of different length are a bug, not bad input', () => {
  expect(() => correlation([1, 2], [1, 2, 3])).toThrow(/2 real responses do not pair with 3/);
  expect(() => correlation([1, 2], [1, 2, 3])).not.toThrow(InputError);
});
