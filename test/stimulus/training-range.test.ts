import { expect, test } from 'vitest';
import { Grating, renderGrating } from '../../src/stimulus/parametric/grating.js';
import { rangeWarnings, stimulusStatistics } from '../../src/stimulus/training-range.js';

test('mean and RMS contrast of a half black, half white image', () => {
  const image = { height: 2, width: 2, pixels: Float32Array.of(0, 1, 1, 0) };
  expect(stimulusStatistics(image)).toMatchObject({ mean: 0.5, contrast: 0.5 });
});

test('contrast is the standard deviation, not divided by the mean', () => {
  const image = { height: 1, width: 4, pixels: Float32Array.of(0.25, 0.5, 0.25, 0.5) };
  expect(stimulusStatistics(image)).toMatchObject({ mean: 0.375, contrast: 0.125 });
});

test("a grating's spatial frequency f is measured as sin(pi f) / pi, whatever its orientation", () => {
  const canvas = { height: 200, width: 200, background: 0.5 };
  for (const spatialFrequency of [0.05, 0.1, 0.5]) {
    for (const orientation of [0, 90]) {
      const grating = Grating.parse({ spatialFrequency, orientation, phase: 20, diameter: null });
      const measured = stimulusStatistics(renderGrating(grating, canvas)).spatialFrequency;
      const expected = Math.sin(Math.PI * spatialFrequency) / Math.PI;
      // 199 differences stand for 200 of whole periods
      expect(Math.abs(measured / expected - 1)).toBeLessThan(0.01);
    }
  }
});

test('a uniform image has no contrast and no spatial frequency', () => {
  const image = { height: 2, width: 3, pixels: new Float32Array(6).fill(0.25) };
  const statistics = stimulusStatistics(image);
  expect(statistics).toEqual({ mean: 0.25, contrast: 0, spatialFrequency: 0 });
  const range = { mean: [0, 1], contrast: [0, 1], spatialFrequency: [0.02, 0.1] } as const;
  expect(rangeWarnings(statistics, range)).toEqual([]);
});

test('only what lies outside its range is told, with both numbers', () => {
  const range = {
    mean: [0.2, 0.7],
    contrast: [0.05, 0.31],
    spatialFrequency: [0.02, 0.1],
  } as const;
  const atTheEnds = { mean: 0.2, contrast: 0.31, spatialFrequency: 0.1 };
  expect(rangeWarnings(atTheEnds, range)).toEqual([]);
  expect(rangeWarnings({ mean: 0.1, contrast: 0.35355, spatialFrequency: 0.25 }, range)).toEqual([
    'outside the training range: mean 0.1 < 0.2',
    'outside the training range: RMS contrast of the whole image 0.354 > 0.31',
    'outside the training range: spatialFrequency 0.25 > 0.1',
  ]);
});

test('as many digits are printed as keep the comparison true', () => {
  const range = { mean: [0.2, 0.7], contrast: [0, 1], spatialFrequency: [0.02, 0.21566] } as const;
  const warnings = (changes: object) =>
    rangeWarnings({ mean: 0.5, contrast: 0.1, spatialFrequency: 0.1, ...changes }, range);
  expect(warnings({ spatialFrequency: 0.2158 })).toEqual([
    'outside the training range: spatialFrequency 0.2158 > 0.2157',
  ]);
  expect(warnings({ mean: 0.7 + Number.EPSILON })).toEqual([
    'outside the training range: mean 0.7000000000000002 > 0.7',
  ]);
});
