import { expect, test } from 'vitest';
import { tuneCurve } from '../../../src/tuning/curve-tuning.js';
import {
  type DIMENSIONS as ALL,
  fittedResponse,
} from '../../../src/tuning/dimensions/dimensions.js';
import { finish } from '../../../src/tuning/fits/least-squares.js';
import { CONTRASTS, DIAMETERS, DIRECTIONS, FREQUENCIES, ORIENTATIONS, radians } from '../grids.js';

/** The dimensions with fits. */
type FittedDimension = {
  [Name in keyof typeof ALL]: keyof (typeof ALL)[Name]['fits'] extends never ? never : Name;
}[keyof typeof ALL];

const VALUES: Readonly<Record<FittedDimension, readonly number[]>> = {
  orientation: ORIENTATIONS,
  direction: DIRECTIONS,
  spatialFrequency: FREQUENCIES,
  size: DIAMETERS,
  contrast: CONTRASTS,
  aspectRatio: Array.from({ length: 9 }, (_, i) => 0.25 * 2 ** (i / 2)),
};
const DIMENSIONS = Object.keys(VALUES) as FittedDimension[];
const BLANK = 0.4;

/** Responses that no fit explains fully: one bump and a second component. */
function responseTo(i: number, count: number): number {
  const bump = Math.exp(-(((i - 0.4 * count) / (0.2 * count)) ** 2));
  return BLANK + 2 * bump + 0.06 * Math.cos(2.3 * i);
}

test.each(DIMENSIONS)('the curve that is drawn for %s is the fitted one', (dimension) => {
  const values = VALUES[dimension];
  const responses = values.map((_, i) => responseTo(i, values.length));
  const { fits } = finish(tuneCurve({ dimension, values, responses, blank: BLANK }));
  // There the fit included the blank.
  const withBlank = dimension === 'size' || dimension === 'contrast';
  const x = withBlank ? [0, ...values] : values;
  const y = withBlank ? [BLANK, ...responses] : responses;
  const mean = y.reduce((sum, each) => sum + each / y.length, 0);
  const total = y.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  expect(Object.keys(fits).length).toBeGreaterThan(0);
  for (const [name, fit] of Object.entries(fits)) {
    if (fit.parameters === null) throw new Error(fit.reason);
    const response = fittedResponse(dimension, name, fit.parameters);
    const rest = x.reduce((sum, value, i) => sum + (y[i]! - response(value)) ** 2, 0);
    expect(1 - rest / total, name).toBeCloseTo(fit.rSquared, 9);
    expect(fit.rSquared, name).toBeGreaterThan(0.2);
  }
});

test('the functions are spelt as in the responses', () => {
  const e = Math.exp;
  const bump = { b: 1, A: 2, kappa: 3, mu: 40 };
  expect(fittedResponse('orientation', 'vonMises', bump)(70)).toBeCloseTo(
    1 + 2 * e(3 * (Math.cos(2 * radians(30)) - 1)),
    12,
  );
  expect(fittedResponse('direction', 'vonMises', { ...bump, phi: 0.7 })(70)).toBeCloseTo(
    1 + 2 * (0.7 * e(3 * (Math.cos(radians(30)) - 1)) + 0.3 * e(3 * (-Math.cos(radians(30)) - 1))),
    12,
  );
  const gaussian = { b: 1, A: 2, f0: 0.1, sigma: 0.5 };
  expect(fittedResponse('spatialFrequency', 'logGaussian', gaussian)(0.2)).toBeCloseTo(
    1 + 2 * e(-2),
    12,
  );
  expect(fittedResponse('spatialFrequency', 'gaussian', gaussian)(0.6)).toBeCloseTo(
    1 + 2 * e(-0.5),
    12,
  );
  const size = { b: 1, Kc: 2, Ks: 0.5, sigma: 3, ratio: 2 };
  expect(fittedResponse('size', 'differenceOfGaussians', size)(12)).toBeCloseTo(
    1 + 2 * (1 - e(-2)) - 0.5 * (1 - e(-0.5)),
    12,
  );
  const naka = { b: 1, Rmax: 2, c50: 0.3, n: 2 };
  expect(fittedResponse('contrast', 'nakaRushton', naka)(0.6)).toBeCloseTo(1 + 2 * 0.8, 12);
  expect(fittedResponse('contrast', 'nakaRushton', naka)(0)).toBe(1);
  const peirce = { b: 1, A: 2, c50: 0.3, n: 2, s: 1.5 };
  expect(fittedResponse('contrast', 'supersaturating', peirce)(0.6)).toBeCloseTo(
    1 + (2 * 4) / (1 + 8),
    12,
  );
  expect(() => fittedResponse('size', 'vonMises', bump)).toThrow('no fit of size');
});
