import { expect, test } from 'vitest';
import { randomStream } from '../../../src/network/random.js';
import {
  learnIntervals,
  learnSpreadLimits,
  measureCoverage,
  NOMINAL,
  type PredictedImages,
} from '../../../training/ensemble/calibration.js';

/**
 * Responses that scatter around the means with a standard deviation of `noise[n]`, in addition to a spread of the members.
 * @param spread of the members; what it adds to the scatter is drawn too
 */
function drawImages(
  seed: number,
  images: number,
  noise: readonly number[],
  spread = 0,
): PredictedImages {
  const random = randomStream(seed, 'calibration');
  const neurons = noise.length;
  const draw = (value: (i: number) => number) => ({
    stimuli: images,
    neurons,
    values: Float64Array.from({ length: images * neurons }, (_, i) => value(i)),
  });
  const mean = draw(() => 3 * random.normal());
  const own = draw((i) => (i % 3) * spread);
  const recorded = draw(
    (i) => mean.values[i]! + Math.hypot(noise[i % neurons]!, own.values[i]!) * random.normal(),
  );
  return { mean, spread: own, recorded };
}

function factorsOf(images: PredictedImages): number[] {
  return learnIntervals(images)!.factors.map(({ factor }) => factor);
}

// Quantiles of |x| of the normal distribution: 50, 80, 90 and 95 %.
const NORMAL = [0.6745, 1.2816, 1.6449, 1.96];

test('factors of normal scatter are the quantiles of the normal distribution', () => {
  // The standard error of a quantile of 60,000 scores is at most 0.009 here: sqrt(p (1 - p) / n) / density.
  const images = drawImages(1, 20_000, [1, 10, 0.2], 0.7);
  for (const [i, factor] of factorsOf(images).entries()) {
    expect(Math.abs(factor - NORMAL[i]!), String(NOMINAL[i])).toBeLessThan(0.03);
  }
});

test('the residual of a neuron is the scatter that the spread does not show', () => {
  // The standard error of a standard deviation of 20,000 draws is 0.5 %, that of a difference of variances some more.
  const { residual } = learnIntervals(drawImages(2, 20_000, [1, 10, 3], 0.5))!;
  for (const [n, scatter] of [1, 10, 3].entries()) {
    expect(Math.abs(residual[n]! / scatter - 1), `neuron ${n}`).toBeLessThan(0.03);
  }
});

test('where the spread is wider than the errors, the residual is a tenth of them', () => {
  const { mean, recorded } = drawImages(3, 50, [1]);
  const spread = { ...mean, values: mean.values.map(() => 100) };
  const { residual, factors } = learnIntervals({ mean, spread, recorded })!;
  const errors = Array.from(recorded.values, (y, i) => y - mean.values[i]!);
  const square = errors.reduce((sum, error) => sum + error ** 2, 0) / 50;
  expect(residual[0]).toBeCloseTo(Math.sqrt(0.01 * square), 12);
  expect(factors[3]!.factor).toBeLessThan(0.05);
});

test('factors rise with the level, and cover at least that share of the images they are learnt on', () => {
  for (let seed = 10; seed < 40; seed++) {
    const images = drawImages(seed, 20 + seed, [1, 0.1, 5], seed % 2);
    const intervals = learnIntervals(images)!;
    const factors = intervals.factors.map(({ factor }) => factor);
    expect(factors).toEqual(factors.toSorted((a, b) => a - b));
    for (const { nominal, factor } of intervals.factors) {
      expect(measureCoverage(images, intervals, factor)).toBeGreaterThanOrEqual(nominal);
    }
  }
});

test('intervals cover other images as often as they say', () => {
  const intervals = learnIntervals(drawImages(4, 400, [2, 0.3], 0.4))!;
  const others = drawImages(5, 20_000, [2, 0.3], 0.4);
  for (const { nominal, factor } of intervals.factors) {
    // Four standard errors of a share of 800 scores: 4 sqrt(0.25 / 800) = 0.07 at most.
    expect(Math.abs(measureCoverage(others, intervals, factor) - nominal)).toBeLessThan(0.07);
  }
});

test('the quantile is corrected for the number of scores, and a level that needs more is left out', () => {
  const matrix = (values: readonly number[]) => ({
    stimuli: values.length,
    neurons: 1,
    values: Float64Array.from(values),
  });
  const errors = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const zeros = matrix(errors.map(() => 0));
  const images = { mean: zeros, spread: zeros, recorded: matrix(errors) };
  const residual = Math.sqrt(285 / 9);
  // Of 9 scores these are the ones of rank ceil(10 p): 5, 8 and 9; 95 % needs 19.
  expect(learnIntervals(images)).toEqual({
    factors: [
      { nominal: 0.5, factor: 5 / residual },
      { nominal: 0.8, factor: 8 / residual },
      { nominal: 0.9, factor: 9 / residual },
    ],
    residual: [residual],
  });
});

test('responses that were not measured are left out, and a neuron without any gives no intervals', () => {
  const images = drawImages(6, 300, [1, 2]);
  const without = (isMissing: (i: number) => boolean): PredictedImages => ({
    ...images,
    recorded: {
      ...images.recorded,
      values: images.recorded.values.map((y, i) => (isMissing(i) ? Number.NaN : y)),
    },
  });
  const half = without((i) => i < 300);
  const rest: PredictedImages = {
    mean: { stimuli: 150, neurons: 2, values: images.mean.values.slice(300) },
    spread: { stimuli: 150, neurons: 2, values: images.spread.values.slice(300) },
    recorded: { stimuli: 150, neurons: 2, values: images.recorded.values.slice(300) },
  };
  expect(learnIntervals(half)).toEqual(learnIntervals(rest));
  expect(learnIntervals(without((i) => i % 2 === 1))).toBeNull();
  expect(measureCoverage(half, learnIntervals(half)!, 1e9)).toBe(1);
});

test('where a neuron is predicted without any error, there are no intervals', () => {
  const { mean, spread } = drawImages(7, 30, [1]);
  expect(learnIntervals({ mean, spread, recorded: mean })).toEqual({ factors: [], residual: [0] });
});

test('95 % of the images are within the limits of the spread, of each neuron and of their mean', () => {
  const random = randomStream(8, 'spread');
  const [stimuli, neurons] = [200, 3];
  const values = Float64Array.from({ length: stimuli * neurons }, (_, i) =>
    // The members of the last neuron never differ.
    i % neurons === 2 ? 0 : Math.abs(random.normal()) * (1 + (i % neurons)),
  );
  const limits = learnSpreadLimits({ stimuli, neurons, values })!;
  const ratio = (image: number, neuron: number) =>
    values[image * neurons + neuron]! / limits.neurons[neuron]!;
  const within = (measure: (image: number) => number, most: number) =>
    Array.from({ length: stimuli }, (_, image) => measure(image)).filter((each) => each <= most);
  for (const neuron of [0, 1]) {
    expect(within((image) => ratio(image, neuron), 1)).toHaveLength(190);
  }
  expect(limits.neurons[2]).toBe(0);
  const mean = (image: number) => (ratio(image, 0) + ratio(image, 1)) / 2;
  expect(within(mean, limits.mean)).toHaveLength(190);
});

test('there are no limits of the spread with few images, and where the members never differ', () => {
  const spread = (stimuli: number, value: number) =>
    learnSpreadLimits({ stimuli, neurons: 1, values: new Float64Array(stimuli).fill(value) });
  expect(spread(19, 1)).toBeUndefined();
  expect(spread(20, 1)).toEqual({ neurons: [1], mean: 1 });
  expect(spread(20, 0)).toBeUndefined();
});
