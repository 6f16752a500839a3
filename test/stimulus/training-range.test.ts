import { expect, test } from 'vitest';
import { Grating, renderGrating } from '../../src/stimulus/parametric/grating.js';
import { contrastWarnings, stimulusStatistics } from '../../src/stimulus/training-range.js';

test('mean and RMS contrast of a half black, half white image are 0.5', () => {
  const image = { height: 2, width: 2, channels: 1 as const, pixels: Float32Array.of(0, 1, 1, 0) };
  expect(stimulusStatistics(image)).toMatchObject({ mean: 0.5, contrast: 0.5 });
});

test('contrast is the standard deviation, not divided by the mean', () => {
  const image = {
    height: 1,
    width: 4,
    channels: 1 as const,
    pixels: Float32Array.of(0.25, 0.5, 0.25, 0.5),
  };
  expect(stimulusStatistics(image)).toMatchObject({ mean: 0.375, contrast: 0.125 });
});

test('a grating of spatial frequency f is measured as sin(pi f) / pi at any orientation', () => {
  const canvas = { height: 200, width: 200, channels: 1 as const, background: 0.5 };
  for (const spatialFrequency of [0.05, 0.1, 0.5]) {
    for (const orientation of [0, 90]) {
      const grating = Grating.parse({ spatialFrequency, orientation, phase: 20, diameter: null });
      const measured = stimulusStatistics(renderGrating(grating, canvas)).spatialFrequency;
      const expected = Math.sin(Math.PI * spatialFrequency) / Math.PI;
      // There are 199 differences for 200 pixels of whole periods.
      expect(Math.abs(measured / expected - 1)).toBeLessThan(0.01);
    }
  }
});

test('a uniform image has no contrast and no spatial frequency', () => {
  const image = {
    height: 2,
    width: 3,
    channels: 1 as const,
    pixels: new Float32Array(6).fill(0.25),
  };
  expect(stimulusStatistics(image)).toEqual({ mean: 0.25, contrast: 0, spatialFrequency: 0 });
});

const gray = (pixels: Float32Array) => ({ channels: 1 as const, pixels });
/** An image of RMS contrast 0.25 around a mean. */
const around = (mean: number) => gray(Float32Array.of(mean - 0.25, mean + 0.25));

test('an RMS contrast outside the range gives a warning with both numbers, and its ends none', () => {
  const image = around(0.5);
  expect(contrastWarnings(image, [0.25, 0.4])).toEqual([]);
  expect(contrastWarnings(image, [0.1, 0.25])).toEqual([]);
  expect(contrastWarnings(image, [0.3, 0.4])).toEqual([
    'outside the training range: RMS contrast of the whole image 0.25 < 0.3',
  ]);
  expect(contrastWarnings(image, [0.1, 0.2])).toEqual([
    'outside the training range: RMS contrast of the whole image 0.25 > 0.2',
  ]);
});

test('the mean of an image and its spatial frequency give no warning', () => {
  const range = [0.2, 0.3] as const;
  for (const mean of [0.25, 0.5, 0.75]) expect(contrastWarnings(around(mean), range)).toEqual([]);
  const coarse = Float32Array.from({ length: 64 }, (_, i) => (i < 32 ? 0.25 : 0.75));
  const fine = coarse.map((_, i) => (i % 2 === 0 ? 0.25 : 0.75));
  for (const pixels of [coarse, fine]) expect(contrastWarnings(gray(pixels), range)).toEqual([]);
});

test('without a known range nothing is outside it', () => {
  expect(contrastWarnings(around(0.5), null)).toEqual([]);
});

test('as many digits are printed as keep the comparison true', () => {
  expect(contrastWarnings(around(0.5), [0.25004, 1])).toEqual([
    'outside the training range: RMS contrast of the whole image 0.25 < 0.25004',
  ]);
  expect(contrastWarnings(around(0.5), [0, 0.25 - Number.EPSILON])).toEqual([
    'outside the training range: RMS contrast of the whole image 0.25 > 0.2499999999999998',
  ]);
});
