import { expect, test } from 'vitest';
import { fromHalf, toHalf } from '../../src/formats/half.js';

const ALL = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);

test('every binary16 becomes a float32 and again the same bits', () => {
  const again = toHalf(fromHalf(ALL));
  // NaN has many bit patterns; only one of them is written
  const isNumber = (bits: number) => (bits & 0x7fff) <= 0x7c00;
  const changed = ALL.filter((bits) => isNumber(bits) && again[bits] !== bits);
  expect([...changed]).toEqual([]);
  expect(fromHalf(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00))).toEqual(
    Float32Array.of(1, -2, 2 ** -24, Number.POSITIVE_INFINITY),
  );
});

test('a number between two is rounded to the nearer, and half-way to the even one', () => {
  const positive = ALL.filter((bits) => bits < 0x7bff);
  const between = (share: number) =>
    Float32Array.from(positive, (bits) => {
      const [low, high] = fromHalf(Uint16Array.of(bits, bits + 1));
      return low! + share * (high! - low!);
    });
  expect(toHalf(between(0.25))).toEqual(positive);
  expect(toHalf(between(0.75))).toEqual(positive.map((bits) => bits + 1));
  expect(toHalf(between(0.5))).toEqual(positive.map((bits) => bits + (bits & 1)));
});

test('what is too large is infinite, what is too small is 0, and NaN stays NaN', () => {
  expect(toHalf(Float32Array.of(65520, -1e9, 2 ** -26, Number.NaN, -0))).toEqual(
    Uint16Array.of(0x7c00, 0xfc00, 0, 0x7e00, 0x8000),
  );
});
