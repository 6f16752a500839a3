import { expect, test } from 'vitest';
import { randomStream } from '../../../src/network/random.js';
import { correlation } from '../../../src/tuning/metrics.js';
import { createReliability } from '../../../training/ingest/reliability.js';

/** Trials of `images` that were presented `repeats` times, one block after the other. */
function blocks(
  images: number,
  repeats: number,
  responses: (image: number, repeat: number) => readonly number[],
) {
  const trialsOf = Array.from({ length: images }, (_, image) =>
    Array.from({ length: repeats }, (__, repeat) => repeat * images + image),
  );
  const rows = Array.from({ length: images * repeats }, (_, trial) =>
    responses(trial % images, Math.floor(trial / images)),
  );
  return { values: Float32Array.from(rows.flat()), trialsOf };
}

test('two repeats are the halves of each other: 2r / (1 + r)', () => {
  const rows = [
    [1, 2, 4, 0],
    [2, 1, 5, 1],
  ];
  const reliabilityOf = createReliability(
    blocks(4, 2, (image, repeat) => [rows[repeat]![image]!]),
    1,
  );
  // The halves of each image are exchanged by chance, so r is the mean over all ways to do so.
  const all = Array.from({ length: 16 }, (_, bits) => {
    const half = (side: number) => rows[0]!.map((__, i) => rows[((bits >> i) & 1) ^ side]![i]!);
    return correlation(half(0), half(1))!;
  });
  const r = all.reduce((a, b) => a + b) / 16;
  // 100 of the 16 ways, which differ by up to 0.06.
  expect(Math.abs(reliabilityOf(0)! - (2 * r) / (1 + r))).toBeLessThan(0.02);
});

test('of known noise the reliability is the known one, also where trials were not measured', () => {
  const random = randomStream(1, 'known');
  const signal = Float64Array.from({ length: 4000 }, () => random.normal());
  const trials = blocks(4000, 5, (image) => {
    const value = signal[image]! + random.normal();
    return [value, random.uniform() < 0.1 ? Number.NaN : value];
  });
  const reliabilityOf = createReliability(trials, 2);
  // The variance of the signal over that of a mean of N trials, 1 / (1 + 1 / N); the second has 2 measured at least.
  expect(Math.abs(reliabilityOf(0)! - 5 / 6)).toBeLessThan(0.01);
  expect(Math.abs(reliabilityOf(1)! - 2 / 3)).toBeLessThan(0.02);
});

test('the median over neurons of noise alone is about 0, since none is left out', () => {
  const random = randomStream(2, 'noise');
  const neurons = 201;
  const trials = blocks(50, 4, () => Array.from({ length: neurons }, () => random.normal()));
  const reliabilityOf = createReliability(trials, neurons);
  const values = Array.from({ length: neurons }, (_, neuron) => reliabilityOf(neuron)!);
  expect(values.filter((value) => value < 0).length).toBeGreaterThan(80);
  // r has a standard deviation of about 1 / 7 between neurons, a median of 201 of them about 0.013.
  expect(Math.abs(values.toSorted((a, b) => a - b)[100]!)).toBeLessThan(0.05);
});

test('a drift over the session is noise, not signal', () => {
  const random = randomStream(3, 'drift');
  const signal = Float64Array.from({ length: 2000 }, () => random.normal());
  const [still, drifting] = [0, 3].map((slope) =>
    createReliability(
      blocks(2000, 4, (image, repeat) => [signal[image]! + random.normal() + slope * repeat]),
      1,
    )(0),
  ) as [number, number];
  expect(Math.abs(still - 4 / 5)).toBeLessThan(0.01);
  // A difference of the session's halves of up to 6 is in place of the noise of 1.
  expect(drifting).toBeLessThan(0.2);
});

test('a neuron that never responds has a reliability of 0, and images without repeats give none', () => {
  const silent = createReliability(
    blocks(5, 3, () => [0, Number.NaN]),
    2,
  );
  expect(silent(0)).toBe(0);
  expect(silent(1)).toBeNull();
  const once = createReliability(
    blocks(5, 1, (image) => [image]),
    1,
  );
  expect(once(0)).toBeNull();
  const two = createReliability(
    blocks(2, 3, (image) => [image]),
    1,
  );
  expect(two(0)).toBeNull();
});
