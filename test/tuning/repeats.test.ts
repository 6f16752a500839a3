import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { randomStream } from '../../src/network/random.js';
import { correlation } from '../../src/tuning/metrics.js';
import {
  ccMax,
  ccNorm,
  type Estimate,
  fev,
  feve,
  meanOverRepeats,
  signalPower,
  splitHalf,
  type Trials,
} from '../../src/tuning/repeats.js';
import { numberIn, simulated, trialsOf } from './trials.js';

function rowsOf({ repeats, stimuli, values }: Trials): number[][] {
  return Array.from({ length: repeats }, (_, repeat) => [
    ...values.subarray(repeat * stimuli, (repeat + 1) * stimuli),
  ]);
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const covariance = (x: readonly number[], y: readonly number[]) =>
  (mean(x.map((value, i) => value * y[i]!)) - mean(x) * mean(y)) * (x.length / (x.length - 1));
const variance = (x: readonly number[]) => covariance(x, x);
const columnsOf = (trials: Trials) => {
  const rows = rowsOf(trials);
  return rows[0]!.map((_, i) => rows.map((row) => row[i]!));
};

/**
 * Signal power as the mean covariance between different repeats, which Sahani and Linden's formula
 * equals: Var(sum R_n) = sum Var(R_n) + sum over pairs of Cov(R_n, R_m).
 */
function powerByPairs(trials: Trials): number {
  const rows = rowsOf(trials);
  const pairs = rows.flatMap((x, n) => rows.flatMap((y, m) => (n === m ? [] : [covariance(x, y)])));
  return mean(pairs);
}

/** A few repeats of some stimuli with a signal, and a prediction of each. */
const data = fc
  .record({
    seed: fc.integer(),
    repeats: fc.integer({ min: 2, max: 7 }),
    stimuli: fc.integer({ min: 3, max: 20 }),
    noise: fc.double({ min: 0.01, max: 4, noNaN: true }),
  })
  .map(({ seed, noise, repeats, stimuli }) => {
    const { signal, trials } = simulated([seed], repeats, stimuli, noise);
    const random = randomStream('prediction', seed);
    const predicted = signal.map((value) => 0.7 * value + 0.3 * random.normal());
    return { trials, predicted };
  });

test('signal power is the mean covariance between repeats, to 1e-12', () => {
  fc.assert(
    fc.property(data, ({ trials }) => {
      expect(Math.abs(numberIn(signalPower(trials)) - powerByPairs(trials))).toBeLessThan(1e-12);
    }),
  );
});

test('the measures equal a calculation by hand', () => {
  // the repeats' variances are 7 / 3 and 13 / 3, that of their mean (1.5, 1.5, 4.5) is 3
  const trials = trialsOf([
    [1, 2, 4],
    [2, 1, 5],
  ]);
  expect([...meanOverRepeats(trials)]).toEqual([1.5, 1.5, 4.5]);
  expect(numberIn(signalPower(trials))).toBeCloseTo((4 * 3 - 7 / 3 - 13 / 3) / 2, 12);
  expect(numberIn(ccMax(trials))).toBeCloseTo(Math.sqrt((4 * 3 - 20 / 3) / 2 / 3), 12);
  // noise: mean of 1/2, 1/2, 1/2; total: of 1 2 4 2 1 5, mean 2.5, squares 13.5 / 5
  expect(numberIn(fev(trials))).toBeCloseTo((2.7 - 0.5) / 2.7, 12);
  // MSE of the prediction 1 1 4: (0 + 1 + 0 + 1 + 0 + 1) / 6
  expect(numberIn(feve(trials, [1, 1, 4]))).toBeCloseTo(1 - (0.5 - 0.5) / 2.2, 12);
  expect(numberIn(feve(trials, [2, 2, 4]))).toBeCloseTo(1 - (3 / 6 - 0.5) / 2.2, 12);
  expect(numberIn(feve(trials, [0, 0, 4]))).toBeCloseTo(1 - (11 / 6 - 0.5) / 2.2, 12);
});

test('CCmax, CCnorm, FEV and FEVE equal a second implementation, to 1e-9', () => {
  fc.assert(
    fc.property(data, ({ trials, predicted }) => {
      const power = powerByPairs(trials);
      const average = columnsOf(trials).map(mean);
      const p = [...predicted];
      if (power > 1e-6) {
        expect(numberIn(ccMax(trials))).toBeCloseTo(Math.sqrt(power / variance(average)), 9);
        const expected = covariance(average, p) / Math.sqrt(power * variance(p));
        expect(Math.abs(numberIn(ccNorm(trials, p)) - expected)).toBeLessThan(
          1e-9 * Math.max(1, Math.abs(expected)),
        );
      }
      const noise = mean(columnsOf(trials).map(variance));
      const total = variance([...trials.values]);
      expect(numberIn(fev(trials))).toBeCloseTo(1 - noise / total, 9);
      if (total - noise > 1e-3) {
        const error = mean(rowsOf(trials).flatMap((row) => row.map((r, i) => (r - p[i]!) ** 2)));
        expect(numberIn(feve(trials, p))).toBeCloseTo(1 - (error - noise) / (total - noise), 8);
      }
    }),
  );
});

test.each([
  [2, 0.5],
  [10, 2],
  [10, 8],
])(
  'with %i repeats and noise of %d times the signal the ceiling is the known one',
  (repeats, noise) => {
    const { signal, trials } = simulated([repeats, noise], repeats, 40_000, noise);
    const ceiling = Math.sqrt(1 / (1 + noise / repeats));
    expect(Math.abs(numberIn(signalPower(trials)) - 1)).toBeLessThan(0.03);
    expect(Math.abs(numberIn(ccMax(trials)) - ceiling)).toBeLessThan(0.01);
    expect(Math.abs(correlation(meanOverRepeats(trials), signal)! - ceiling)).toBeLessThan(0.01);
    expect(Math.abs(numberIn(ccNorm(trials, signal)) - 1)).toBeLessThan(0.01);
    expect(Math.abs(numberIn(fev(trials)) - 1 / (1 + noise))).toBeLessThan(0.01);
    expect(Math.abs(numberIn(feve(trials, signal)) - 1)).toBeLessThan(0.02);
    // The reliability of a mean is the square of its correlation with the signal.
    const reliability = numberIn(splitHalf(trials, randomStream('halves'), 5));
    expect(Math.abs(reliability - ceiling ** 2)).toBeLessThan(0.01);
  },
);

test('scale and offset of the responses change no ratio, to 1e-6, and signal power by the square', () => {
  const scale = fc.double({ min: 0.01, max: 100, noNaN: true });
  const offset = fc.double({ min: -10, max: 10, noNaN: true });
  fc.assert(
    fc.property(data, scale, offset, ({ trials, predicted }, a, b) => {
      const move = (values: Float64Array) => values.map((value) => a * (value + b));
      const moved = { ...trials, values: move(trials.values) };
      const same = (one: Estimate, other: Estimate) =>
        expect(Math.abs(numberIn(other) - numberIn(one))).toBeLessThan(
          1e-6 * Math.max(1, Math.abs(numberIn(one))),
        );
      const power = numberIn(signalPower(trials));
      expect(Math.abs(numberIn(signalPower(moved)) / a ** 2 - power)).toBeLessThan(1e-9);
      same(fev(trials), fev(moved));
      if (power < 1e-3) return;
      same(ccMax(trials), ccMax(moved));
      same(ccNorm(trials, predicted), ccNorm(moved, move(predicted)));
      if (numberIn(fev(trials)) < 1e-3) return;
      same(feve(trials, predicted), feve(moved, move(predicted)));
    }),
  );
});

test('the order of the repeats changes nothing, to 1e-9', () => {
  fc.assert(
    fc.property(data, fc.integer(), ({ trials, predicted }, seed) => {
      const order = Uint32Array.from({ length: trials.repeats }, (_, i) => i);
      randomStream(seed).shuffle(order);
      const rows = rowsOf(trials);
      const shuffled = trialsOf([...order].map((repeat) => rows[repeat]!));
      expect(numberIn(signalPower(shuffled))).toBeCloseTo(numberIn(signalPower(trials)), 9);
      expect(numberIn(fev(shuffled))).toBeCloseTo(numberIn(fev(trials)), 9);
      if (!(numberIn(signalPower(trials)) > 1e-3)) return;
      expect(numberIn(ccMax(shuffled))).toBeCloseTo(numberIn(ccMax(trials)), 7);
      expect(numberIn(ccNorm(shuffled, predicted))).toBeCloseTo(
        numberIn(ccNorm(trials, predicted)),
        6,
      );
    }),
  );
});

test('CCmax and reliability are in 0..1, and CCmax times CCnorm is the correlation', () => {
  fc.assert(
    fc.property(data, ({ trials, predicted }) => {
      const ceiling = ccMax(trials);
      const reliability = splitHalf(trials, randomStream('halves'), 3);
      for (const { value } of [ceiling, reliability]) {
        if (value === null) continue;
        expect(value).toBeGreaterThan(0);
        expect(value).toBeLessThanOrEqual(1);
      }
      if (ceiling.value === null) return;
      const product = ceiling.value * numberIn(ccNorm(trials, predicted));
      expect(product).toBeCloseTo(correlation(meanOverRepeats(trials), predicted)!, 9);
    }),
  );
});

test('with repeats without noise everything is explainable', () => {
  const row = [0.1, 0.7, 0.3];
  const trials = trialsOf([row, row, row]);
  expect(numberIn(ccMax(trials))).toBeCloseTo(1, 12);
  expect(numberIn(fev(trials))).toBeCloseTo(1, 12);
  expect(numberIn(splitHalf(trials, randomStream(1)))).toBeCloseTo(1, 12);
  expect(numberIn(feve(trials, row))).toBeCloseTo(1, 12);
});

test('measures that the repeats do not allow are null with the reason', () => {
  const opposed = trialsOf([
    [1, 2, 3],
    [3, 2, 1],
  ]);
  const flat = trialsOf([
    [0.1, 0.1, 0.1],
    [0.1, 0.1, 0.1],
  ]);
  const once = trialsOf([[1, 2, 3]]);
  const one = trialsOf([[1], [2]]);
  const good = trialsOf([
    [1, 2, 3],
    [1, 2, 4],
  ]);
  const reason = (estimate: Estimate) => (estimate.value === null ? estimate.reason : 'a value');
  const halves = randomStream('halves');
  expect([
    reason(ccMax(opposed)),
    reason(ccNorm(opposed, [1, 2, 3])),
    reason(feve(opposed, [1, 2, 3])),
    reason(splitHalf(opposed, halves)),
    reason(ccMax(flat)),
    reason(fev(flat)),
    reason(feve(flat, [1, 2, 3])),
    reason(splitHalf(flat, halves)),
    reason(signalPower(once)),
    reason(ccMax(one)),
    reason(ccNorm(good, [7, 7, 7])),
    reason(ccNorm(good, [1, 2, 3])),
  ]).toMatchInlineSnapshot(`
    [
      "the signal power is -1.00, not above 0",
      "the signal power is -1.00, not above 0",
      "no variance is explainable: noise is all of it",
      "the halves correlate at -1.000, not above 0",
      "the signal power is 0.00, not above 0",
      "all responses are equal",
      "no variance is explainable: noise is all of it",
      "the mean of a half is constant",
      "needs at least 2 repeats, has 1",
      "needs at least 2 stimuli, has 1",
      "the prediction is constant",
      "a value",
    ]
  `);
  expect(numberIn(signalPower(opposed))).toBeCloseTo(-1, 12);
  expect(numberIn(fev(opposed))).toBeLessThan(0);
});

test('a response that is not finite is rejected and named', () => {
  const trials = trialsOf([
    [1, 2, 3],
    [1, Number.NaN, 3],
  ]);
  expect(() => signalPower(trials)).toThrow(InputError);
  expect(() => ccMax(trials)).toThrow(/repeats\[1\]\[1\] is NaN, must be a finite number/);
});

test('arrays of the wrong length are a bug, not bad input', () => {
  expect(() => fev({ repeats: 2, stimuli: 2, values: new Float64Array(3) })).toThrow(
    /not \[2, 2\]/,
  );
  expect(() => feve(trialsOf([[1, 2]]), [1])).toThrow(/1 predictions do not pair with 2 stimuli/);
});
