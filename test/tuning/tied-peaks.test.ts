import fc from 'fast-check';
import { expect, test } from 'vitest';
import { neuronMetrics, peakTuning } from '../../src/tuning/metrics.js';

/** Peak tuning by trying every choice of k stimuli that no other stimulus exceeds. */
function peakTuningOfEachChoice(real: readonly number[], predicted: readonly number[], k: number) {
  const theta = [...real].sort((a, b) => b - a)[k - 1]!;
  const subsets = (from: readonly number[], size: number): number[][] =>
    size === 0
      ? [[]]
      : from.flatMap((first, i) =>
          subsets(from.slice(i + 1), size - 1).map((rest) => [first, ...rest]),
        );
  const above = [...real.keys()].filter((i) => real[i]! > theta);
  const tied = [...real.keys()].filter((i) => real[i] === theta);
  const joint = subsets(tied, k - above.length).map(
    (chosen) => [...above, ...chosen].filter((i) => predicted[i]! >= theta).length / k,
  );
  return [...new Set(joint)].sort((a, b) => a - b);
}

test('with ties PT_J is a number exactly where every choice of the k stimuli gives it', () => {
  const few = fc.integer({ min: 0, max: 3 });
  const tied = fc.array(fc.tuple(few, few), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(tied, fc.nat(), (pairs, s) => {
      const real = pairs.map(([response]) => response);
      const predicted = pairs.map(([, response]) => response);
      const k = 1 + (s % real.length);
      const { theta, ptJ, ptS, peakReason } = peakTuning(real, predicted, k);
      const smallestReached =
        theta === Math.min(...real) && real.filter((r) => r >= theta).length > k;
      const values = peakTuningOfEachChoice(real, predicted, k);
      expect(ptS === null).toBe(smallestReached);
      expect(ptJ).toBe(smallestReached || values.length > 1 ? null : values[0]);
      expect(peakReason === undefined).toBe(ptJ !== null);
      if (ptJ === null && !smallestReached) {
        expect(peakReason).toContain(`from ${values[0]} to ${values.at(-1)}`);
      }
    }),
    { numRuns: 2000 },
  );
});

test('ties at theta leave PT_J undefined where the choice among them matters, and PT_S as it is', () => {
  const real = [1, 5, 5, 5];
  expect(peakTuning(real, [0, 9, 9, 9], 2)).toEqual({ theta: 5, ptJ: 1, ptS: 1 });
  expect(peakTuning(real, [9, 0, 0, 0], 2)).toEqual({ theta: 5, ptJ: 0, ptS: 0.5 });
  expect(peakTuning(real, [0, 9, 0, 9], 2)).toEqual({
    theta: 5,
    ptJ: null,
    ptS: 1,
    peakReason:
      'PT_J depends on the order of the stimuli: 1 more have the k-th largest real response, 5; ' +
      'it is from 0.5 to 1',
  });
});

test.each([
  ['never responds', [0, 0, 0, 0]],
  ['responds to fewer stimuli than make the peak', [0, 7, 0, 0]],
])('a neuron that %s has no peak tuning', (_, real) => {
  expect(neuronMetrics(real, [4, 3, 2, 1], 2)).toMatchObject({
    theta: 0,
    ptJ: null,
    ptS: null,
    peakReason: 'the real responses have no peak: the 2 largest end at the smallest, 0',
  });
});
