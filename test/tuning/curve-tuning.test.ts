import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tuneCurve } from '../../src/tuning/curve-tuning.js';
import type { DimensionName } from '../../src/tuning/dimensions/dimensions.js';
import { finish } from '../../src/tuning/fits/least-squares.js';
import { bestDiameter } from '../../src/tuning/fits/size.js';
import { CurveTuning } from '../../src/tuning/schemas.js';
import { between } from '../support/numbers.js';
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
} from './grids.js';
import { valueIn } from './value-in.js';

function indicesOf(
  dimension: DimensionName,
  values: readonly number[],
  response: (value: number) => number,
  blank = 0,
) {
  const tuning = finish(tuneCurve({ dimension, values, responses: values.map(response), blank }));
  expect(CurveTuning.parse(tuning)).toEqual(tuning);
  return tuning.indices;
}

/** Modified Bessel function of the first kind, of order 0 or 1, by its power series. */
function bessel(order: 0 | 1, x: number): number {
  let term = order === 0 ? 1 : x / 2;
  let sum = term;
  for (let k = 1; k < 60; k++) {
    term *= (x / 2) ** 2 / (k * (k + order));
    sum += term;
  }
  return sum;
}

test('a von Mises neuron: gOSI = I1(kappa) / I0(kappa), OSI = tanh(kappa), orthogonal = e^(-2 kappa)', () => {
  const fine = Array.from({ length: 36 }, (_, i) => 5 * i);
  fc.assert(
    fc.property(between(0.2, 4), fc.integer({ min: 0, max: 35 }), (kappa, step) => {
      const mu = 5 * step;
      const indices = indicesOf('orientation', fine, vonMises(kappa, mu));
      expect(valueIn(indices['gOSI']!)).toBeCloseTo(bessel(1, kappa) / bessel(0, kappa), 9);
      expect(valueIn(indices['OSI']!)).toBeCloseTo(Math.tanh(kappa), 9);
      expect(valueIn(indices['orthogonalToPreferred']!)).toBeCloseTo(Math.exp(-2 * kappa), 9);
      expect(apart(valueIn(indices['preferredOrientation']!), mu, 180)).toBeLessThan(1e-6);
      expect(apart(valueIn(indices['preferredOrientationFit']!), mu, 180)).toBeLessThan(0.01);
      const half = valueIn(indices['halfWidthAtHalfHeight']!);
      expect(vonMises(kappa, mu)(mu + half)).toBeCloseTo((1 + Math.exp(-2 * kappa)) / 2, 5);
    }),
  );
});

test('direction: gDSI and DSI of two bumps, to 1e-9, and orientation from both', () => {
  const fine = Array.from({ length: 72 }, (_, i) => 5 * i);
  fc.assert(
    fc.property(
      between(0.5, 4),
      between(0.55, 1),
      fc.integer({ min: 0, max: 71 }),
      (kappa, phi, step) => {
        const mu = 5 * step;
        const response = (direction: number) => {
          const cos = Math.cos(radians(direction - mu));
          return phi * Math.exp(kappa * cos) + (1 - phi) * Math.exp(-kappa * cos);
        };
        const indices = indicesOf('direction', fine, response);
        const selective = ((2 * phi - 1) * bessel(1, kappa)) / bessel(0, kappa);
        expect(valueIn(indices['gDSI']!)).toBeCloseTo(selective, 9);
        expect(valueIn(indices['DSI']!)).toBeCloseTo((2 * phi - 1) * Math.tanh(kappa), 9);
        expect(apart(valueIn(indices['preferredDirection']!), mu, 360)).toBeLessThan(1e-5);
        expect(apart(valueIn(indices['preferredOrientation']!), mu - 90, 180)).toBeLessThan(1e-5);
        expect(apart(valueIn(indices['preferredDirectionFit']!), mu, 360)).toBeLessThan(0.1);
      },
    ),
  );
});

test('a neuron without direction selectivity prefers no direction', () => {
  const indices = indicesOf('direction', DIRECTIONS, (d) => 2 + Math.cos(radians(2 * d)));
  expect(valueIn(indices['gDSI']!)).toBeCloseTo(0, 9);
  expect(indices['preferredDirection']).toMatchObject({
    reason: 'the vector average has no direction',
  });
  expect(indices['preferredDirectionFit']).toMatchObject({
    reason: 'both bumps of the fit are equal',
  });
  expect(valueIn(indices['gOSI']!)).toBeCloseTo(0.25, 9);
});

test('a Gaussian in log frequency: bandwidth 2 sigma sqrt(2 ln 2), low over high 2^(-2 sigma sqrt(ln 2))', () => {
  fc.assert(
    fc.property(between(0.06, 0.12), between(0.3, 0.8), (f0, sigma) => {
      const response = (f: number) => Math.exp(-((Math.log2(f / f0) / sigma) ** 2) / 2);
      const indices = indicesOf('spatialFrequency', FREQUENCIES, response);
      expect(valueIn(indices['preferredSpatialFrequency']!) / f0).toBeCloseTo(1, 3);
      expect(valueIn(indices['spatialFrequencyBandwidth']!)).toBeCloseTo(
        2 * sigma * Math.sqrt(2 * Math.LN2),
        3,
      );
      const ratio = 2 ** (-2 * sigma * Math.sqrt(Math.LN2));
      expect(valueIn(indices['lowHighRatio']!)).toBeCloseTo(ratio, 3);
    }),
  );
});

test('a Gabor filter that saturates: its own frequency to 1 %, bandwidth log2((f0 + w) / (f0 - w))', () => {
  const f0 = 0.12;
  fc.assert(
    fc.property(between(0.02, 0.035), between(0, 2), (sigma, saturation) => {
      const energy = (f: number) => Math.exp(-(((f - f0) / sigma) ** 2) / 2);
      const response = (f: number) => energy(f) / (1 + saturation * energy(f));
      const indices = indicesOf('spatialFrequency', FREQUENCIES, response);
      // Any function of the energy is as symmetric about f0 as the energy.
      expect(Math.abs(valueIn(indices['preferredSpatialFrequency']!) / f0 - 1)).toBeLessThan(0.01);
    }),
  );
  const indices = indicesOf('spatialFrequency', FREQUENCIES, (f) =>
    Math.exp(-(((f - f0) / 0.03) ** 2) / 2),
  );
  const [half, high] = [Math.sqrt(2 * Math.LN2), Math.sqrt(Math.LN2)];
  const octaves = Math.log2((f0 + 0.03 * half) / (f0 - 0.03 * half));
  expect(valueIn(indices['spatialFrequencyBandwidth']!)).toBeCloseTo(octaves, 4);
  const ratio = (f0 - 0.03 * high) / (f0 + 0.03 * high);
  expect(valueIn(indices['lowHighRatio']!)).toBeCloseTo(ratio, 4);
});

test.each([
  ['the peak is at the lowest frequency presented', (f: number) => 1 / (1 + (f / 0.05) ** 2)],
  ['the peak is at the highest frequency presented', (f: number) => f],
])('frequency: %s', (reason, response) => {
  const indices = indicesOf('spatialFrequency', FREQUENCIES, response);
  expect(indices['preferredSpatialFrequency']).toMatchObject({ value: null, reason });
});

test('a flank that was not presented gives no bandwidth', () => {
  const response = (f: number) => Math.exp(-(Math.log2(f / 0.03) ** 2) / 2);
  const indices = indicesOf('spatialFrequency', FREQUENCIES, response);
  expect(valueIn(indices['preferredSpatialFrequency']!)).toBeCloseTo(0.03, 4);
  expect(indices['spatialFrequencyBandwidth']).toMatchObject({
    reason: 'the fit falls to that height only beyond the frequencies presented',
  });
});

const suppressed = fc.record({
  b: between(0, 0.2),
  Kc: between(0.5, 2),
  Ks: between(0.2, 0.45),
  sigma: between(2, 4),
  ratio: between(1.6, 2.2),
});

test('a difference of Gaussians: SSI, summation field and surround diameter in closed form', () => {
  fc.assert(
    fc.property(suppressed, (truth) => {
      const curve = sizeCurve(truth);
      const indices = indicesOf('size', DIAMETERS, curve, truth.b);
      const [best, last] = [bestDiameter(truth), curve(50)];
      const peak = curve(best);
      expect(valueIn(indices['SSIFit']!)).toBeCloseTo((peak - last) / peak, 4);
      const field = valueIn(indices['summationFieldFit']!);
      expect(curve(field) / peak).toBeCloseTo(0.95, 3);
      expect(field).toBeLessThan(best);
      const outer = indices['surroundDiameterFit']!;
      if (1.04 * last > peak) expect(outer.value).toBeNull();
      if (1.06 * last < peak) expect(curve(valueIn(outer)) / last).toBeCloseTo(1.05, 3);
      // The curve has 12 diameters, so it is never above the true peak.
      const sampled = Math.max(...DIAMETERS.map(curve));
      expect(valueIn(indices['SSI']!)).toBeCloseTo((sampled - last) / sampled, 12);
      const above = (sampled - last) / (sampled - truth.b);
      expect(indices['SSIAboveBlank']).toMatchObject({
        value: expect.closeTo(above, 9),
        baseline: 'blank subtracted',
      });
    }),
  );
});

test('the fields of the curve are linear between diameters', () => {
  const responses = new Map([
    [2, 0.2],
    [4, 0.9],
    [8, 1],
    [16, 0.6],
    [32, 0.5],
  ]);
  const indices = indicesOf('size', [...responses.keys()], (d) => responses.get(d)!);
  expect(indices).toMatchObject({
    SSI: { value: 0.5 },
    summationField: { value: expect.closeTo(6, 9) },
    surroundDiameter: { value: expect.closeTo(16 + (16 * 0.075) / 0.1, 9) },
  });
});

test.each([
  ['the peak is at the largest diameter presented', (d: number) => d],
  ['the peak is at the smallest diameter presented', (d: number) => 1 / d],
  ['no response exceeds that to the blank', (d: number) => 0.05 / d],
])('size: %s', (reason, response) => {
  const indices = indicesOf('size', DIAMETERS, response, reason.includes('blank') ? 1 : 0);
  for (const name of ['SSI', 'SSIAboveBlank', 'summationField', 'surroundDiameter']) {
    expect(indices[name]).toMatchObject({ value: null, reason });
  }
});

test('a neuron suppressed below the blank has an index of 1, and a raw value above it', () => {
  const responses = new Map([
    [2, 0.3],
    [8, 1],
    [32, 0.1],
  ]);
  const at = (d: number) => responses.get(d)!;
  const { SSI, SSIAboveBlank } = indicesOf('size', [...responses.keys()], at, 0.2);
  expect(SSI).toMatchObject({ value: expect.closeTo(0.9, 12), baseline: 'not subtracted' });
  expect(SSIAboveBlank).toMatchObject({ value: 1, raw: expect.closeTo(0.9 / 0.8, 12) });
});

test('a plateau is a peak without suppression', () => {
  const indices = indicesOf('size', DIAMETERS, (d) => Math.min(d, 10) / 10);
  expect(indices).toMatchObject({
    SSI: { value: 0 },
    surroundDiameter: { reason: 'past the peak the response falls by less than 5 %' },
  });
});

test('a fit that peaks beyond the presented sizes has no SSI', () => {
  const plain = { b: 0, Kc: 1, Ks: 0, sigma: 3, ratio: 2 };
  const indices = indicesOf('size', DIAMETERS, sizeCurve(plain));
  expect(indices['SSIFit']).toMatchObject({ value: null });
});

test('a Naka-Rushton neuron: c50, n and Rmax, to 1 %', () => {
  fc.assert(
    fc.property(between(0.12, 0.7), between(1, 4), between(0, 0.5), (c50, n, b) => {
      const indices = indicesOf('contrast', CONTRASTS, nakaRushton(b, 2, c50, n), b);
      expect(valueIn(indices['c50']!) / c50).toBeCloseTo(1, 2);
      expect(valueIn(indices['exponent']!) / n).toBeCloseTo(1, 2);
      expect(valueIn(indices['Rmax']!) / 2).toBeCloseTo(1, 2);
      expect(valueIn(indices['supersaturation']!)).toBeCloseTo(1, 1);
    }),
  );
});

test('a response that does not saturate has no c50', () => {
  const { c50, Rmax } = indicesOf('contrast', CONTRASTS, (c) => c);
  const reason = 'c50 of the fit is above the contrasts presented';
  expect([c50, Rmax]).toMatchObject([
    { value: null, reason },
    { value: null, reason },
  ]);
});

test('F1/F0 over a swept phase, of a half-wave rectified cosine: pi / 2, to 1e-3', () => {
  const phases = Array.from({ length: 120 }, (_, i) => 3 * i);
  const { F1F0 } = indicesOf('phase', phases, (phase) => Math.max(0, Math.cos(radians(phase))));
  expect(valueIn(F1F0!)).toBeCloseTo(Math.PI / 2, 3);
  expect(indicesOf('phase', [0, 10, 20], () => 1)).toEqual({});
});

test('the order of the values does not matter', () => {
  const axes = {
    orientation: ORIENTATIONS,
    direction: DIRECTIONS,
    spatialFrequency: FREQUENCIES,
    size: DIAMETERS,
    contrast: CONTRASTS,
  };
  const curves = {
    orientation: vonMises(2, 40),
    direction: (d: number) => 2 + Math.cos(radians(d - 30)),
    spatialFrequency: (f: number) => Math.exp(-(Math.log2(f / 0.1) ** 2)),
    size: sizeCurve({ b: 0, Kc: 1, Ks: 0.4, sigma: 3, ratio: 2 }),
    contrast: nakaRushton(0, 1, 0.3, 2),
  };
  for (const dimension of [
    'orientation',
    'direction',
    'spatialFrequency',
    'size',
    'contrast',
  ] as const) {
    const turned = axes[dimension].toReversed();
    expect(indicesOf(dimension, turned, curves[dimension])).toEqual(
      indicesOf(dimension, axes[dimension], curves[dimension]),
    );
  }
});

test('size 0 and contrast 0 are the blank, which is presented already', () => {
  const size = sizeCurve({ b: 0.1, Kc: 1, Ks: 0.4, sigma: 3, ratio: 2 });
  expect(indicesOf('size', [0, ...DIAMETERS], size, 0.1)).toEqual(
    indicesOf('size', DIAMETERS, size, 0.1),
  );
});

test('other parameters have only a curve', () => {
  const other = { dimension: 'other', values: [1, 2], responses: [3, 4], blank: 0 } as const;
  expect(finish(tuneCurve(other))).toEqual({ fits: {}, indices: {} });
});
