import { expect, test } from 'vitest';
import { randomStream } from '../../src/network/random.js';
import { correlation } from '../../src/tuning/metrics.js';
import { ccMax, splitHalf } from '../../src/tuning/repeats.js';
import { numberIn, simulated, trialsOf } from './trials.js';

test('the reliability of halves of an odd number of repeats is extrapolated to all of them', () => {
  const { trials } = simulated(['odd'], 5, 40_000, 2);
  const reliability = numberIn(splitHalf(trials, randomStream('halves'), 20));
  expect(Math.abs(reliability - 1 / (1 + 2 / 5))).toBeLessThan(0.01);
});

test('two repeats are the halves of each other: 2r / (1 + r)', () => {
  const rows = [
    [1, 2, 4, 0],
    [2, 1, 5, 1],
  ];
  const r = correlation(rows[0]!, rows[1]!)!;
  const reliability = splitHalf(trialsOf(rows), randomStream('halves'), 7);
  expect(numberIn(reliability)).toBeCloseTo((2 * r) / (1 + r), 12);
});

test('three repeats have halves of one each: 3r / (1 + 2r) of a mean over pairs', () => {
  const rows = [
    [1, 2, 4, 0],
    [2, 1, 5, 1],
    [1, 3, 3, 0],
  ];
  // It puts each of the pairs 01, 12 and 20 in front once.
  let turn = 0;
  const turner = {
    shuffle(items: Uint32Array) {
      items.set([0, 1, 2].map((i) => (i + turn) % 3));
      turn += 1;
    },
  };
  const rs = [
    correlation(rows[0]!, rows[1]!)!,
    correlation(rows[1]!, rows[2]!)!,
    correlation(rows[2]!, rows[0]!)!,
  ];
  const r = rs.reduce((a, b) => a + b) / 3;
  expect(numberIn(splitHalf(trialsOf(rows), turner, 3))).toBeCloseTo((3 * r) / (1 + 2 * r), 12);
});

test('a drift from block to block changes nothing, as in CCmax, whose square the reliability is', () => {
  const { trials } = simulated(['drift'], 8, 20_000, 1);
  const drifting = {
    ...trials,
    values: trials.values.map((value, i) => value + Math.floor(i / trials.stimuli) / 2),
  };
  const [still, moved] = [trials, drifting].map((each) =>
    numberIn(splitHalf(each, randomStream('halves'), 20)),
  );
  expect(Math.abs(moved! - still!)).toBeLessThan(1e-9);
  // The standard error of a correlation over 20,000 images is below 0.003.
  expect(Math.abs(moved! - numberIn(ccMax(drifting)) ** 2)).toBeLessThan(0.01);
  expect(Math.abs(moved! - 1 / (1 + 1 / 8))).toBeLessThan(0.01);
});
