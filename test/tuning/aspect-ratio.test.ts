import { expect, test } from 'vitest';
import { tuneCurve } from '../../src/tuning/curve-tuning.js';
import { finish } from '../../src/tuning/fits/least-squares.js';

const RATIOS = Array.from({ length: 9 }, (_, i) => 0.25 * 2 ** (i / 2));

/** Responses of a neuron that is tuned to a ratio, with a standard deviation in octaves. */
function tune(preferred: number, sigma: number) {
  const responses = RATIOS.map((ratio) => {
    const octaves = Math.log2(ratio / preferred);
    return 0.2 + 3 * Math.exp(-(octaves ** 2) / (2 * sigma ** 2));
  });
  return finish(tuneCurve({ dimension: 'aspectRatio', values: RATIOS, responses, blank: 0.2 }));
}

test('a Gaussian in log ratio is fitted with its peak and its width', () => {
  const { fits, indices } = tune(0.8, 0.6);
  expect(fits['logGaussian']!.rSquared).toBeCloseTo(1, 6);
  expect(indices['preferredAspectRatio']!.value).toBeCloseTo(0.8, 5);
  // Half height is at sigma sqrt(2 ln 2) on either side.
  expect(indices['aspectRatioBandwidth']!.value).toBeCloseTo(2 * 0.6 * Math.sqrt(2 * Math.LN2), 5);
});

test.each([
  [0.1, 'the peak is at the smallest ratio presented'],
  [16, 'the peak is at the largest ratio presented'],
])('a peak at %s, beyond the presented ratios, has no index', (preferred, reason) => {
  const { indices } = tune(preferred, 1);
  expect(indices['preferredAspectRatio']).toMatchObject({ value: null, reason });
  expect(indices['aspectRatioBandwidth']).toMatchObject({ value: null, reason });
});

test('a wide peak has a ratio and no bandwidth', () => {
  const { indices } = tune(1, 3);
  expect(indices['preferredAspectRatio']!.value).toBeCloseTo(1, 4);
  expect(indices['aspectRatioBandwidth']).toMatchObject({
    value: null,
    reason: 'the fit falls to half height only beyond the ratios presented',
  });
});
