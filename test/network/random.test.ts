import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../src/network/random.js';

function draw(count: number, next: () => number): Float64Array {
  return Float64Array.from({ length: count }, next);
}

function moment(values: Float64Array, power: number): number {
  return values.reduce((sum, value) => sum + value ** power, 0) / values.length;
}

test('the first values of a stream are the same on every machine', () => {
  const random = randomStream(1, 'x');
  expect([random.uniform(), random.uniform()]).toEqual([0.4793842318467796, 0.8674814272671938]);
  expect(random.integer(1000)).toBe(529);
  expect(random.normal()).toBeCloseTo(0.1766551474381704, 14);
  expect(random.normal()).toBeCloseTo(-0.2384049324404008, 14);
});

test('uniform numbers have the moments of [0, 1)', () => {
  const random = randomStream(7, 'uniform');
  const values = draw(200_000, () => random.uniform());
  // five standard errors of each estimate
  expect(Math.abs(moment(values, 1) - 1 / 2)).toBeLessThan(0.0033);
  expect(Math.abs(moment(values, 2) - 1 / 3)).toBeLessThan(0.0034);
  expect(Math.abs(moment(values, 3) - 1 / 4)).toBeLessThan(0.0032);
  expect(Math.min(...values.subarray(0, 1000))).toBeGreaterThanOrEqual(0);
  expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
});

test('normal numbers have the moments of the standard normal distribution', () => {
  const random = randomStream(7, 'normal');
  const values = draw(200_000, () => random.normal());
  // five standard errors: variances of x, x^2, x^3, x^4 are 1, 2, 15, 96
  expect(Math.abs(moment(values, 1))).toBeLessThan(0.0112);
  expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(0.0159);
  expect(Math.abs(moment(values, 3))).toBeLessThan(0.0434);
  expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(0.11);
});

test('successive and spare normal numbers are uncorrelated', () => {
  const random = randomStream(3, 'pairs');
  const values = draw(100_000, () => random.normal());
  let product = 0;
  for (let i = 1; i < values.length; i++) product += values[i]! * values[i - 1]!;
  expect(Math.abs(product / values.length)).toBeLessThan(5 / Math.sqrt(values.length));
});

test('streams whose keys differ in any place are uncorrelated', () => {
  const keys = [
    [1, 'dropout', 0, 1, 1],
    [2, 'dropout', 0, 1, 1],
    [1, 'shuffle', 0, 1, 1],
    [1, 'dropout', 1, 1, 1],
    [1, 'dropout', 0, 2, 1],
    [1, 'dropout', 0, 1, 2],
  ];
  const streams = keys.map((key) => {
    const random = randomStream(...key);
    return draw(10_000, () => random.uniform() - 0.5);
  });
  for (const [i, a] of streams.entries()) {
    for (const b of streams.slice(i + 1)) {
      const correlation = (12 * a.reduce((sum, x, at) => sum + x * b[at]!, 0)) / a.length;
      expect(Math.abs(correlation)).toBeLessThan(0.05);
    }
  }
});

test('the first numbers of consecutive streams are uniform, and no two are equal', () => {
  const firsts = Array.from({ length: 4096 }, (_, step) => randomStream(1, step).uniform());
  const bins = new Uint32Array(16);
  for (const value of firsts) bins[Math.floor(16 * value)]! += 1;
  const chiSquared = bins.reduce((sum, count) => sum + (count - 256) ** 2 / 256, 0);
  // 15 degrees of freedom: the 0.01 % and 99.99 % points
  expect(chiSquared).toBeGreaterThan(2.1);
  expect(chiSquared).toBeLessThan(44.3);
  expect(new Set(firsts).size).toBe(4096);
});

test('keys that differ in type or division give different streams', () => {
  const first = (...keys: (number | string)[]) => randomStream(...keys).uniform();
  const firsts = [
    first(),
    first(''),
    first('', ''),
    first(0),
    first(1),
    first('1'),
    first(1.5),
    first(-1),
    first('ab', 'c'),
    first('a', 'bc'),
    first('abc'),
    first(2 ** 40),
    first(2 ** 52),
  ];
  expect(new Set(firsts).size).toBe(firsts.length);
  expect(first(-0)).toBe(first(0));
  expect(() => first(Number.NaN)).toThrow('NaN is not a key');
});

test('integers are below their limit and take every value equally often', () => {
  const random = randomStream(1, 'integers');
  const counts = new Uint32Array(7);
  for (let i = 0; i < 70_000; i++) counts[random.integer(7)]! += 1;
  // 10,000 each; five standard deviations of a binomial count
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(463);
  expect(random.integer(1)).toBe(0);
  for (const below of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1]) {
    expect(() => random.integer(below)).toThrow('no integer can be drawn');
  }
});

test('a shuffle keeps the items', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.nat(), { maxLength: 50 }), (seed, numbers) => {
      const items = Int32Array.from(numbers);
      const shuffled = items.slice();
      randomStream(seed).shuffle(shuffled);
      expect(shuffled.toSorted()).toEqual(items.toSorted());
    }),
  );
});

test('a shuffle gives every order equally often', () => {
  const random = randomStream(1, 'orders');
  const counts = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const items = Uint32Array.of(0, 1, 2, 3);
    random.shuffle(items);
    counts.set(items.join(), (counts.get(items.join()) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  // 1,000 each; five standard deviations
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(155);
});
