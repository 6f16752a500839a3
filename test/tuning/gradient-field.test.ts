import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../src/network/random.js';
import { gradientField, gradientMap } from '../../src/tuning/gradient-field.js';
import { between } from '../support/numbers.js';

const SIDE = 50;

/** A gradient of alternating sign whose size is a Gaussian around a place, in pixels from the centre, within 1 %. */
function gaussian(x0: number, y0: number, sigma: number): Float32Array {
  const random = randomStream('ripples');
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [(i % SIDE) + 0.5 - SIDE / 2, SIDE / 2 - Math.floor(i / SIDE) - 0.5];
    const height = Math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * sigma * sigma));
    return (i % 3 === 0 ? -1 : 1) * height * (0.99 + 0.02 * random.uniform());
  });
}

test('centre and diameter of a Gaussian are found at any place, x right and y up', () => {
  const place = between(-10, 10);
  fc.assert(
    fc.property(place, place, between(3, 7), (x0, y0, sigma) => {
      const { indices } = gradientField(gradientMap(gaussian(x0, y0, sigma), SIDE, SIDE));
      expect(indices['centreX']!.value).toBeCloseTo(x0, 1);
      expect(indices['centreY']!.value).toBeCloseTo(y0, 1);
      // The squares of 2x2 pixels widen the Gaussian by a variance of 1/4.
      const diameter = 4 * Math.sqrt(sigma * sigma + 1 / 4);
      expect(Math.abs(indices['diameter']!.value! - diameter)).toBeLessThan(0.1);
    }),
    {
      numRuns: 25,
      // A circle does not determine the direction of its axes, so the fit must not depend on it.
      examples: [[-2.4214849807322025, 9.999993406236172, 3]],
    },
  );
});

test('the map is the mean absolute gradient over stimuli, averaged over squares', () => {
  const { map, x, y } = gradientMap(Float32Array.of(1, -2, 3, -4, 5, 6, 7, 8), 2, 2);
  expect([...map]).toEqual([3, 4, 5, 6]);
  expect([x, y]).toEqual([
    [-0.5, 0.5],
    [0.5, -0.5],
  ]);
  // 27 pixels: 13 squares of 2, and the last row and column left out
  const pixels = Float32Array.from({ length: 27 * 27 }, (_, i) => (i === 28 ? -8 : 0));
  const large = gradientMap(pixels, 27, 27);
  expect(large.map[0]).toBe(2);
  expect(large.x).toHaveLength(13);
  expect([large.x[0], large.y[0]]).toEqual([-12.5, 12.5]);
});

test('a gradient of 0 everywhere has no field, with a reason', () => {
  const { indices } = gradientField(gradientMap(new Float32Array(SIDE * SIDE), SIDE, SIDE));
  expect(indices['centreX']).toMatchObject({ value: null, reason: expect.any(String) });
});
