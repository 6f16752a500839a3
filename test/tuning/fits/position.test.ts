import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../../src/network/random.js';
import { finish } from '../../../src/tuning/fits/least-squares.js';
import { fitPosition } from '../../../src/tuning/fits/position.js';
import type { Fit } from '../../../src/tuning/schemas.js';
import { between } from '../../support/numbers.js';
import { apart, POSITIONS, radians } from '../grids.js';
import { fitted, off, unit } from './fitted.js';

type FittedFit = Exclude<Fit, { parameters: null }>;

test('a Gaussian fit on a map recovers its centre, its widths and its direction, to 1e-3', () => {
  const sigmas = fc
    .tuple(between(2, 5), between(1.2, 2))
    .map(([s, ratio]) => [s * ratio, s] as const);
  fc.assert(
    fc.property(
      fc.tuple(between(-9, 9), between(-9, 9)),
      sigmas,
      between(0, 180),
      unit,
      ([x0, y0], [sigma1, sigma2], theta, { b, gain }) => {
        const [cos, sin] = [Math.cos(radians(theta)), Math.sin(radians(theta))];
        const map = POSITIONS.flatMap((y) =>
          POSITIONS.map((x) => {
            const u = (x - x0) * cos + (y - y0) * sin;
            const v = (y - y0) * cos - (x - x0) * sin;
            return gain * (b + Math.exp(-((u / sigma1) ** 2 + (v / sigma2) ** 2) / 2));
          }),
        );
        const found = fitted(finish(fitPosition(POSITIONS, POSITIONS, map)));
        expect(Math.hypot(found['x0']! - x0, found['y0']! - y0)).toBeLessThan(1e-3);
        expect(off(found['sigma1']!, sigma1)).toBeLessThan(1e-3);
        expect(off(found['sigma2']!, sigma2)).toBeLessThan(1e-3);
        expect(apart(found['theta']!, theta, 180)).toBeLessThan(0.1);
      },
    ),
    { numRuns: 30 },
  );
});

test('a circular Gaussian on a noisy map converges, with its centre and its size', () => {
  fc.assert(
    fc.property(
      fc.tuple(between(-9, 9), between(-9, 9)),
      between(3, 8),
      fc.constantFrom(1e-6, 1e-5, 1e-3, 1e-2),
      unit,
      ([x0, y0], sigma, noise, { b, gain }) => {
        const random = randomStream('noise');
        const map = POSITIONS.flatMap((y) =>
          POSITIONS.map((x) => {
            const height = Math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * sigma ** 2));
            return gain * (b + height + noise * (random.uniform() - 0.5));
          }),
        );
        const fit = finish(fitPosition(POSITIONS, POSITIONS, map));
        if (fit.parameters === null) throw new Error(fit.reason);
        expect(fit.converged).toBe(true);
        const { sigma1, sigma2, theta } = fit.parameters;
        expect(Math.hypot(fit.parameters['x0']! - x0, fit.parameters['y0']! - y0)).toBeLessThan(
          0.01 * sigma,
        );
        expect(off(Math.sqrt(sigma1! * sigma2!), sigma)).toBeLessThan(0.01);
        expect(sigma1).toBeGreaterThanOrEqual(sigma2!);
        expect(theta).toBeGreaterThanOrEqual(0);
        expect(theta).toBeLessThan(180);
      },
    ),
    { numRuns: 60 },
  );
});

test('a sigma at its limit is named: sigma2 a quarter of a step, sigma1 twice the map', () => {
  const [minSigma, maxSigma] = [0.6, 96];
  const random = randomStream('narrow fields');
  const named = Array.from({ length: 40 }, () => {
    const [x0, y0, sigma] = [5, 5, 1.5].map((size) => size * random.uniform());
    const map = POSITIONS.flatMap((y) =>
      POSITIONS.map((x) => {
        const height = Math.exp(-((x - x0!) ** 2 + (y - y0!) ** 2) / (2 * sigma! ** 2));
        return height + 0.1 * random.uniform();
      }),
    );
    const { parameters, atBound } = finish(fitPosition(POSITIONS, POSITIONS, map)) as FittedFit;
    const { sigma1, sigma2 } = parameters;
    const isLimit = (sigma: number) => sigma === minSigma || sigma === maxSigma;
    expect(atBound.includes('sigma1')).toBe(isLimit(sigma1!));
    expect(atBound.includes('sigma2')).toBe(isLimit(sigma2!));
    return atBound;
  });
  expect(named.flat()).toContain('sigma2');
});

test('round fields converge, also where only float32 rounding is left', () => {
  const places = Array.from({ length: 11 }, (_, i) => 2.5 * (i - 5));
  for (const [sigma, x0, y0] of [
    [3.162, 0, 0],
    [2.549, 4, -3],
    [3, -5, 2],
  ] as const) {
    const at = (x: number, y: number) =>
      Math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * sigma ** 2));
    const map = places.flatMap((y) => places.map((x) => Math.fround(0.1 + 0.04 * at(x, y))));
    expect(finish(fitPosition(places, places, map)).converged).toBe(true);
  }
});
