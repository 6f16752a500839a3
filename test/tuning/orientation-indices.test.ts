import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import {
  bandwidth,
  gOSI,
  OSI,
  orthogonalToPreferred,
  preferredOrientation,
} from '../../src/tuning/orientation-indices.js';
import { valueIn } from './value-in.js';

const radians = (degrees: number) => (degrees * Math.PI) / 180;
const grid = (count: number) => Array.from({ length: count }, (_, i) => (180 * i) / count);
const cosine = (angles: readonly number[], depth: number, preferred: number) =>
  angles.map((angle) => 1 + depth * Math.cos(radians(2 * (angle - preferred))));
const TWELVE = grid(12);
const CURVE_INDICES = { gOSI, preferredOrientation, OSI, orthogonalToPreferred, bandwidth };

/** Distance of two orientations on the circle of 180 degrees. */
function apart(a: number, b: number): number {
  const distance = Math.abs(a - b) % 180;
  return Math.min(distance, 180 - distance);
}

/** Modified Bessel function of the first kind by its power series. */
function bessel(order: number, x: number): number {
  let term = (x / 2) ** order;
  let sum = 0;
  for (let m = 1; m < 60; m += 1) {
    sum += term;
    term *= (x / 2) ** 2 / (m * (m + order));
  }
  return sum;
}

/** Curves with a clear peak, which determines the preferred orientation to many digits. */
const tuned = fc
  .record({
    noise: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }),
    strength: fc.double({ min: 2, max: 10, noNaN: true }),
    preferred: fc.integer({ min: 0, max: 179 }),
  })
  .map(({ noise, strength, preferred }) =>
    cosine(TWELVE, 1, preferred).map((response, i) => strength * response + noise[i]!),
  );

test.each([0.1, 1, 3, 8])(
  'a von Mises neuron of kappa %d has gOSI = I1 / I0, to 1e-12',
  (kappa) => {
    const angles = grid(180);
    const responses = angles.map((angle) => Math.exp(kappa * Math.cos(radians(2 * (angle - 37)))));
    const expected = bessel(1, kappa) / bessel(0, kappa);
    expect(Math.abs(valueIn(gOSI(angles, responses)) - expected)).toBeLessThan(1e-12);
    expect(valueIn(preferredOrientation(angles, responses))).toBeCloseTo(37, 9);
  },
);

test.each([
  [0.2, 0],
  [1, 22.5],
  [0.6, 100],
  [0.5, 179],
])('a cosine of depth %d around %d degrees has gOSI = depth / 2, to 1e-12', (depth, preferred) => {
  const responses = cosine(TWELVE, depth, preferred);
  expect(Math.abs(valueIn(gOSI(TWELVE, responses)) - depth / 2)).toBeLessThan(1e-12);
  expect(apart(valueIn(preferredOrientation(TWELVE, responses)), preferred)).toBeLessThan(1e-9);
});

test('a cosine at its peak and 90 degrees off gives the two-point indices', () => {
  const responses = cosine(TWELVE, 0.5, 45);
  expect(valueIn(OSI(TWELVE, responses))).toBeCloseTo(0.5, 12);
  expect(valueIn(orthogonalToPreferred(TWELVE, responses))).toBeCloseTo(1 / 3, 12);
});

test('a response at one orientation alone is fully selective', () => {
  const responses = TWELVE.map((angle) => (angle === 60 ? 0.3 : 0));
  expect(valueIn(gOSI(TWELVE, responses))).toBeCloseTo(1, 14);
  expect(valueIn(preferredOrientation(TWELVE, responses))).toBeCloseTo(60, 9);
  expect(valueIn(OSI(TWELVE, responses))).toBe(1);
  expect(valueIn(orthogonalToPreferred(TWELVE, responses))).toBe(0);
});

test.each([0.1, 3, 1e-30])(
  'a constant curve of %d has no selectivity and no preference',
  (level) => {
    const responses = TWELVE.map(() => level);
    expect(valueIn(gOSI(TWELVE, responses))).toBeLessThan(1e-15);
    expect(valueIn(OSI(TWELVE, responses))).toBe(0);
    expect(valueIn(orthogonalToPreferred(TWELVE, responses))).toBe(1);
    expect(preferredOrientation(TWELVE, responses)).toMatchObject({
      value: null,
      reason: 'the vector average has no direction',
    });
    expect(bandwidth(TWELVE, responses)).toMatchObject({
      value: null,
      reason: 'the curve never falls to 1/sqrt(2) of its peak',
    });
  },
);

test('negative responses count as 0, and the index says so', () => {
  const responses = [3, 1, -2, -1];
  for (const index of Object.values(CURVE_INDICES)) {
    expect(index(grid(4), responses)).toMatchObject(index(grid(4), [3, 1, 0, 0]));
  }
  expect(gOSI(grid(4), responses)).toEqual({
    value: expect.closeTo(Math.sqrt(10) / 4, 12),
    // |(3 - -2, 1 - -1)| / (3 + 1 - 2 - 1)
    raw: expect.closeTo(Math.sqrt(29), 12),
    formula: '|sum R e^(2i theta)| / sum R',
    negative: 'rectified',
    baseline: 'not subtracted',
  });
});

test('indices are in their ranges', () => {
  fc.assert(
    fc.property(tuned, (responses) => {
      for (const index of [gOSI, OSI, orthogonalToPreferred]) {
        const value = valueIn(index(TWELVE, responses));
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }
      const preferred = valueIn(preferredOrientation(TWELVE, responses));
      expect(preferred).toBeGreaterThanOrEqual(0);
      expect(preferred).toBeLessThan(180);
    }),
  );
});

test('OSI and orthogonal over preferred are consistent: OSI = (1 - q) / (1 + q)', () => {
  fc.assert(
    fc.property(tuned, (responses) => {
      const peak = responses.indexOf(Math.max(...responses));
      const orthogonal = responses[(peak + 6) % 12]!;
      const expected = (responses[peak]! - orthogonal) / (responses[peak]! + orthogonal);
      expect(valueIn(OSI(TWELVE, responses))).toBeCloseTo(expected, 12);
      expect(valueIn(orthogonalToPreferred(TWELVE, responses))).toBeCloseTo(
        orthogonal / responses[peak]!,
        12,
      );
    }),
  );
});

test('no index changes with the scale of the responses, to 1e-7', () => {
  const scale = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(tuned, scale, (responses, factor) => {
      const scaled = responses.map((response) => response * factor);
      for (const index of [gOSI, preferredOrientation, OSI, orthogonalToPreferred]) {
        const before = valueIn(index(TWELVE, responses));
        expect(apart(valueIn(index(TWELVE, scaled)), before)).toBeLessThan(1e-7);
      }
    }),
  );
});

test('turning the curve turns the preferred orientation and nothing else', () => {
  fc.assert(
    fc.property(tuned, fc.integer({ min: 0, max: 11 }), (responses, steps) => {
      const turned = responses.map((_, i) => responses[(i - steps + 12) % 12]!);
      expect(valueIn(gOSI(TWELVE, turned))).toBeCloseTo(valueIn(gOSI(TWELVE, responses)), 12);
      const before = valueIn(preferredOrientation(TWELVE, responses));
      const after = valueIn(preferredOrientation(TWELVE, turned));
      expect(apart(after, before + 15 * steps)).toBeLessThan(1e-7);
    }),
  );
});

test('orientation has period 180, and the order of the samples does not matter', () => {
  const order = fc.shuffledSubarray([...TWELVE.keys()], { minLength: 12 });
  const turns = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 12, maxLength: 12 });
  const unique = fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), {
    minLength: 12,
    maxLength: 12,
  });
  fc.assert(
    fc.property(unique, order, turns, (responses, shuffle, half) => {
      const angles = shuffle.map((i) => TWELVE[i]! + 180 * half[i]!);
      const moved = shuffle.map((i) => responses[i]!);
      for (const index of [gOSI, OSI, orthogonalToPreferred, bandwidth]) {
        const before = index(TWELVE, responses).value;
        const after = index(angles, moved).value;
        if (before === null) expect(after).toBeNull();
        else expect(after).toBeCloseTo(before, 9);
      }
    }),
  );
});

test.each([
  [1, 30],
  [0.7, 90],
])(
  'the half width of a cosine of depth %d follows from the window, to 0.01 degrees',
  (depth, mu) => {
    const angles = grid(180);
    // Smoothing keeps the mean and multiplies the cosine by the transform of the window.
    let attenuated = 0;
    let weights = 0;
    for (let offset = -27; offset <= 27; offset += 1) {
      const weight = 0.5 * (1 + Math.cos((Math.PI * offset) / 27));
      attenuated += weight * Math.cos(radians(2 * offset));
      weights += weight;
    }
    const smooth = (depth * attenuated) / weights;
    const cosineAtLevel = ((1 + smooth) * Math.SQRT1_2 - 1) / smooth;
    const expected = (Math.acos(cosineAtLevel) * 90) / Math.PI;
    const halfWidth = valueIn(bandwidth(angles, cosine(angles, depth, mu)));
    expect(Math.abs(halfWidth - expected)).toBeLessThan(0.01);
  },
);

test('the half width is linear between samples and the mean of both flanks', () => {
  // At steps of 30 degrees the window reaches no neighbour, so the curve is not smoothed.
  const responses = [0, 1, 0.5, 0, 0, 0];
  const fall = 1 - Math.SQRT1_2;
  expect(valueIn(bandwidth(grid(6), responses))).toBeCloseTo(((fall + 2 * fall) / 2) * 30, 12);
});

test.each([
  ['unequal steps', [0, 10, 90, 100]],
  ['an angle off by 0.1', [0, 45.1, 90, 135]],
  ['a missing orientation', [0, 45, 90]],
  ['180 beside 0', [0, 45, 90, 135, 180]],
  ['a span of 90 degrees', [0, 30, 60]],
  ['two orientations', [0, 90]],
  ['one orientation', [0]],
])('%s: the vector average and the half width are rejected', (_, angles) => {
  const responses = angles.map((_, i) => i + 1);
  for (const index of [gOSI, preferredOrientation, bandwidth]) {
    expect(index(angles, responses)).toMatchObject({
      value: null,
      reason: 'the orientations are not 3 or more, uniformly spaced over 180 degrees',
    });
  }
});

test('angles written with two decimals are uniform', () => {
  const angles = grid(7).map((angle) => Math.round(angle * 100) / 100);
  expect(valueIn(gOSI(angles, cosine(angles, 0.5, 20)))).toBeCloseTo(0.25, 3);
});

test('two-point indices need the orthogonal orientation', () => {
  for (const index of [OSI, orthogonalToPreferred]) {
    expect(index(grid(3), [1, 5, 2])).toMatchObject({
      value: null,
      reason: 'no response at the orthogonal orientation, 150 degrees',
    });
    expect(index([0, 90], [1, 5]).value).not.toBeNull();
  }
});

test.each([
  ['silent', [0, 0, 0, 0]],
  ['suppressed', [-1, -2, -1, -3]],
])('a %s neuron has no index', (_, responses) => {
  for (const index of Object.values(CURVE_INDICES)) {
    expect(index(grid(4), responses)).toMatchObject({
      value: null,
      reason: 'no response is above 0',
    });
  }
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d is rejected', (bad) => {
  for (const index of Object.values(CURVE_INDICES)) {
    expect(() => index(grid(4), [1, 2, bad, 3])).toThrow(InputError);
    expect(() => index([0, bad, 90, 135], [1, 2, 3, 4])).toThrow(/orientations\[1\] is/);
  }
});

test.each([1e308, 1e-308])('responses near %d neither over- nor underflow', (level) => {
  const responses = [1, 0.5, 0.1, 0.5].map((response) => response * level);
  for (const index of Object.values(CURVE_INDICES)) {
    expect(valueIn(index(grid(4), responses))).toBeCloseTo(
      valueIn(index(grid(4), [1, 0.5, 0.1, 0.5])),
      9,
    );
  }
});

test('curves and angles of different length are a bug', () => {
  expect(() => gOSI([0, 60, 120], [1, 2])).toThrow('3 orientations for 2 responses');
  expect(() => gOSI([0, 60, 120], [1, 2])).not.toThrow(InputError);
});
