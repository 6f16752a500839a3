import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fittedResponse } from '../../../src/tuning/dimensions/dimensions.js';
import { betterFit } from '../../../src/tuning/fits/better-fit.js';
import { fitNakaRushton, fitSupersaturating } from '../../../src/tuning/fits/contrast.js';
import { fitGaussian, fitLogGaussian } from '../../../src/tuning/fits/frequency.js';
import { finish } from '../../../src/tuning/fits/least-squares.js';
import { fitPosition } from '../../../src/tuning/fits/position.js';
import { bestDiameter, fitSize } from '../../../src/tuning/fits/size.js';
import { fitDirection, fitOrientation, halfWidth } from '../../../src/tuning/fits/von-mises.js';
import { Fit } from '../../../src/tuning/schemas.js';
import { between } from '../../support/numbers.js';
import {
  apart,
  CONTRASTS,
  DIAMETERS,
  DIRECTIONS,
  FREQUENCIES,
  nakaRushton,
  ORIENTATIONS,
  radians,
  sizeCurve,
  vonMises,
} from '../grids.js';
import { fitted, off, unit } from './fitted.js';

test('a von Mises fit over orientation recovers its parameters, to 1e-3', () => {
  fc.assert(
    fc.property(between(0.5, 12), between(0, 180), unit, (kappa, mu, { b, gain }) => {
      const curve = ORIENTATIONS.map(vonMises(kappa, mu)).map((r) => gain * (b + r));
      const found = fitted(finish(fitOrientation(ORIENTATIONS, curve)));
      expect(off(found['kappa']!, kappa)).toBeLessThan(1e-3);
      expect(apart(found['mu']!, mu, 180)).toBeLessThan(0.01);
      expect(found['mu']).toBeGreaterThanOrEqual(0);
      expect(found['mu']).toBeLessThan(180);
      expect(off(found['A']!, gain)).toBeLessThan(1e-3);
      expect(Math.abs(found['b']! - gain * b)).toBeLessThan(1e-3 * gain);
    }),
  );
});

test('a double von Mises fit over direction recovers its parameters, to 1e-3', () => {
  fc.assert(
    fc.property(
      between(0.8, 12),
      between(0, 360),
      between(0.55, 0.98),
      unit,
      (kappa, mu, phi, { b, gain }) => {
        const curve = DIRECTIONS.map((direction) => {
          const cos = Math.cos(radians(direction - mu));
          return (
            gain *
            (b + phi * Math.exp(kappa * (cos - 1)) + (1 - phi) * Math.exp(-kappa * (cos + 1)))
          );
        });
        const found = fitted(finish(fitDirection(DIRECTIONS, curve)));
        expect(off(found['kappa']!, kappa)).toBeLessThan(1e-3);
        expect(apart(found['mu']!, mu, 360)).toBeLessThan(0.02);
        expect(Math.abs(found['phi']! - phi)).toBeLessThan(1e-3);
      },
    ),
  );
});

test('the half width is half way between the largest and the smallest value, to 1e-9', () => {
  fc.assert(
    fc.property(between(0.01, 100), (kappa) => {
      const orientation = vonMises(kappa, 0);
      const middle = (1 + orientation(90)) / 2;
      expect(Math.abs(orientation(halfWidth(kappa, 180)) - middle)).toBeLessThan(1e-9);
      const bump = (direction: number) => Math.exp(kappa * (Math.cos(radians(direction)) - 1));
      expect(Math.abs(bump(halfWidth(kappa, 360)) - (1 + bump(90)) / 2)).toBeLessThan(1e-9);
    }),
  );
  // At a small kappa the curve becomes a cosine.
  expect(halfWidth(1e-6, 180)).toBeCloseTo(45, 3);
  expect(halfWidth(1e-6, 360)).toBeCloseTo(60, 3);
});

test('a fit of a Gaussian in log frequency recovers its parameters, to 1e-3', () => {
  fc.assert(
    fc.property(between(0.03, 0.25), between(0.3, 1.5), unit, (f0, sigma, { b, gain }) => {
      const curve = FREQUENCIES.map(
        (f) => gain * (b + Math.exp(-((Math.log2(f / f0) / sigma) ** 2) / 2)),
      );
      const found = fitted(finish(fitLogGaussian(FREQUENCIES, curve)));
      expect(off(found['f0']!, f0)).toBeLessThan(1e-3);
      expect(off(found['sigma']!, sigma)).toBeLessThan(1e-3);
    }),
  );
});

test('a fit of a Gaussian in frequency recovers its parameters, to 1e-3, and explains itself best', () => {
  fc.assert(
    fc.property(between(0.06, 0.25), between(0.1, 0.45), unit, (f0, share, { b, gain }) => {
      const sigma = share * f0;
      const curve = FREQUENCIES.map((f) => gain * (b + Math.exp(-(((f - f0) / sigma) ** 2) / 2)));
      const fit = finish(fitGaussian(FREQUENCIES, curve));
      const found = fitted(fit);
      expect(off(found['f0']!, f0)).toBeLessThan(1e-3);
      expect(off(found['sigma']!, sigma)).toBeLessThan(1e-3);
      expect(betterFit(finish(fitLogGaussian(FREQUENCIES, curve)), fit)).toBe(fit);
    }),
  );
});

test('a fit that did not converge is never the better of two', () => {
  const curve = FREQUENCIES.map((f) => Math.exp(-(Math.log2(f / 0.1) ** 2)));
  const good = finish(fitLogGaussian(FREQUENCIES, curve));
  const none = finish(
    fitLogGaussian(
      FREQUENCIES,
      FREQUENCIES.map(() => 1),
    ),
  );
  const lost = { ...finish(fitGaussian(FREQUENCIES, curve)), rSquared: 1, converged: false } as Fit;
  for (const bad of [none, lost]) {
    expect(betterFit(good, bad)).toBe(good);
    expect(betterFit(bad, good)).toBe(good);
  }
  expect(betterFit(lost, none)).toBe(lost);
});

test('a fit of a centre with a surround matches the curve and peaks where its derivative vanishes', () => {
  fc.assert(
    fc.property(
      between(1.5, 5),
      between(1.5, 3),
      between(0.1, 0.9),
      unit,
      (sigma, ratio, Ks, { b, gain }) => {
        const truth = { b: gain * b, Kc: gain, Ks: gain * Ks, sigma, ratio };
        const curve = sizeCurve(truth);
        const found = fitted(finish(fitSize([0, ...DIAMETERS], [0, ...DIAMETERS].map(curve))));
        const response = fittedResponse('size', 'differenceOfGaussians', found);
        for (const diameter of [0, 5, 11, 33]) {
          expect(Math.abs(response(diameter) - curve(diameter))).toBeLessThan(1e-3 * gain);
        }
        const best = bestDiameter(truth);
        expect(curve(best)).toBeGreaterThan(curve(best * 1.01));
        expect(curve(best)).toBeGreaterThan(curve(best / 1.01));
        expect(bestDiameter(truth) ** 2).toBeCloseTo(
          (8 * Math.log(ratio ** 2 / Ks)) / (sigma ** -2 - (ratio * sigma) ** -2),
          6,
        );
      },
    ),
  );
  const plain = { b: 0, Kc: 1, Ks: 0, sigma: 3, ratio: 2 };
  expect(bestDiameter(plain)).toBe(Number.POSITIVE_INFINITY);
});

test('a Naka-Rushton fit recovers c50, n and Rmax, to 1 %', () => {
  fc.assert(
    fc.property(between(0.1, 0.7), between(1, 5), unit, (c50, n, { b, gain }) => {
      const contrasts = [0, ...CONTRASTS];
      const curve = contrasts.map(nakaRushton(gain * b, gain, c50, n));
      const found = fitted(finish(fitNakaRushton(contrasts, curve)));
      expect(off(found['c50']!, c50)).toBeLessThan(0.01);
      expect(off(found['n']!, n)).toBeLessThan(0.01);
      expect(off(found['Rmax']!, gain)).toBeLessThan(0.01);
    }),
  );
});

test('the supersaturating form fits a response that falls again', () => {
  const contrasts = [0, ...CONTRASTS];
  fc.assert(
    fc.property(between(0.15, 0.5), between(1.5, 3), between(1.3, 2), (c50, n, s) => {
      const response = (c: number) => (c / c50) ** n / (1 + (c / c50) ** (s * n));
      const found = fitted(finish(fitSupersaturating(contrasts, contrasts.map(response))));
      expect(off(found['s']!, s)).toBeLessThan(0.01);
      expect(off(found['c50']!, c50)).toBeLessThan(0.01);
    }),
  );
  // Peirce's own terms: Rmax c^n / (c50^(s n) + c^(s n)) with Rmax = A c50^(n (s - 1))
  const peirce = (c: number) => (0.7 * c ** 2) / (0.3 ** 3 + c ** 3);
  const found = fitted(finish(fitSupersaturating(contrasts, contrasts.map(peirce))));
  expect(found['A']! * 0.3 ** (2 * (1.5 - 1))).toBeCloseTo(0.7, 3);
});

test('with one exponent the supersaturating form is that of Naka and Rushton', () => {
  const contrasts = [0, ...CONTRASTS];
  const found = fitted(
    finish(fitSupersaturating(contrasts, contrasts.map(nakaRushton(1, 2, 0.3, 2)))),
  );
  expect(found['s']).toBeCloseTo(1, 2);
});

const FITS: Record<string, (responses: number[]) => Fit> = {
  orientation: (responses) => finish(fitOrientation(ORIENTATIONS, responses)),
  direction: (responses) => finish(fitDirection(ORIENTATIONS, responses)),
  'log frequency': (responses) => finish(fitLogGaussian(DIAMETERS, responses)),
  frequency: (responses) => finish(fitGaussian(DIAMETERS, responses)),
  size: (responses) => finish(fitSize(DIAMETERS, responses)),
  contrast: (responses) => finish(fitNakaRushton(DIAMETERS, responses)),
  supersaturating: (responses) => finish(fitSupersaturating(DIAMETERS, responses)),
  position: (responses) => finish(fitPosition([0, 1, 2, 3], [0, 1, 2], responses)),
};

test.each(Object.entries(FITS))(
  '%s: any 12 responses give a fit that is consistent',
  (_, fitOf) => {
    const wild = fc.oneof(between(-1, 1), fc.constantFrom(0, 1, -1, 1e-30, 3e38, -3e38));
    fc.assert(
      fc.property(fc.array(wild, { minLength: 12, maxLength: 12 }), (responses) => {
        const result = Fit.parse(fitOf(responses));
        expect(result.parameters === null).toBe(responses.every((r) => r === responses[0]));
        expect(Object.values(result.parameters ?? {}).every(Number.isFinite)).toBe(true);
        expect(result.rSquared ?? 0).toBeLessThanOrEqual(1);
      }),
    );
  },
);

test.each(Object.entries(FITS))('%s: constant or too few responses are not fitted', (_, fitOf) => {
  expect(fitOf(Array(12).fill(0.3))).toMatchObject({
    parameters: null,
    rSquared: null,
    converged: false,
    reason: 'all responses are equal',
  });
});

test('more responses than parameters are needed', () => {
  expect(finish(fitOrientation([0, 45, 90, 135], [1, 2, 3, 2]))).toMatchObject({
    parameters: null,
    reason: 'needs more than 4 responses, has 4',
  });
});

test('a parameter at the end of its range is named', () => {
  const linear = finish(fitNakaRushton([0, ...CONTRASTS], [0, ...CONTRASTS]));
  expect(linear).toMatchObject({ atBound: expect.arrayContaining(['c50']) });
  const alone = finish(
    fitSize(
      [0, ...DIAMETERS],
      [0, ...DIAMETERS].map(sizeCurve({ b: 0, Kc: 1, Ks: 0, sigma: 3, ratio: 2 })),
    ),
  );
  expect(alone.rSquared).toBeGreaterThan(1 - 1e-9);
});
