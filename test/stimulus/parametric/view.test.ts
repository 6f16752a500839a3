import fc from 'fast-check';
import { expect, test } from 'vitest';
import { apertureCoverage } from '../../../src/stimulus/parametric/aperture.js';
import { blurImage, ImageView, viewImage } from '../../../src/stimulus/parametric/view.js';
import type { StimulusImage } from '../../../src/stimulus/stimuli.js';
import { between, greatestDifference } from '../../support/numbers.js';

const ROUNDING = 1e-7;

function image(height: number, width: number, at: (y: number, x: number) => number): StimulusImage {
  const pixels = Float32Array.from({ length: height * width }, (_, i) =>
    at(Math.floor(i / width), i % width),
  );
  return { height, width, channels: 1, pixels };
}

/** A random image, the same in each run. */
const noise = image(11, 14, (y, x) => ((y * 7919 + x * 104729) % 251) / 250);

/** A view with defaults for the fields that are not given; the file is not used. */
function view(fields: object) {
  return ImageView.parse({ png: '', ...fields });
}

test('a grating keeps exp(-2 pi^2 sigma^2 f^2) of its contrast', () => {
  // Waves with a crest or a trough on both borders continue unchanged when they are mirrored.
  const side = 40;
  const half = (cycles: number) => fc.integer({ min: 1, max: cycles * 2 * side });
  const sigmas = between(0.7, 8);
  const check = (sigma: number, k: number, tolerance: number) => {
    const f = k / (2 * side);
    const wave = image(side, side, (y) => 0.5 + 0.5 * Math.cos(2 * Math.PI * f * (y + 0.5)));
    const kept = Math.exp(-2 * Math.PI ** 2 * sigma ** 2 * f ** 2);
    const expected = wave.pixels.map((pixel) => 0.5 + kept * (pixel - 0.5));
    expect(greatestDifference(blurImage(wave, sigma).pixels, expected)).toBeLessThan(tolerance);
    const turned = image(side, side, (y, x) => wave.pixels[x * side + y]!);
    const turnedBack = image(side, side, (y, x) => blurImage(turned, sigma).pixels[x * side + y]!);
    expect(turnedBack.pixels).toEqual(blurImage(wave, sigma).pixels);
  };
  fc.assert(
    fc.property(sigmas, half(0.25), (sigma, k) => check(sigma, k, 0.005)),
    { numRuns: 20 },
  );
  // The wider the Gaussian, the smaller the effect of sampling it.
  check(1.5, 8, 1e-6);
  check(2, 16, 1e-6);
  check(5, 3, 1e-6);
});

test('blurring is the two-dimensional sum over the mirrored image', () => {
  const sigma = 1.3;
  const at = (y: number, x: number): number => {
    const row = y < 0 ? -1 - y : y >= noise.height ? 2 * noise.height - 1 - y : y;
    const column = x < 0 ? -1 - x : x >= noise.width ? 2 * noise.width - 1 - x : x;
    return noise.pixels[row * noise.width + column]!;
  };
  const reach = 8;
  const expected = image(noise.height, noise.width, (y, x) => {
    let [sum, total] = [0, 0];
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const weight = Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
        sum += weight * at(y + dy, x + dx);
        total += weight;
      }
    }
    return sum / total;
  });
  expect(greatestDifference(blurImage(noise, sigma).pixels, expected.pixels)).toBeLessThan(
    ROUNDING,
  );
});

test('blurring keeps the mean and the range of images of any size', () => {
  const sizes = fc.integer({ min: 1, max: 9 });
  const sigmas = between(0.01, 20);
  fc.assert(
    fc.property(sizes, sizes, sigmas, (height, width, sigma) => {
      const before = image(height, width, (y, x) => ((y * 31 + x * 17) % 7) / 6);
      const { pixels } = blurImage(before, sigma);
      const mean = (values: Float32Array) =>
        values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(Math.abs(mean(pixels) - mean(before.pixels))).toBeLessThan(1e-6);
      for (const pixel of pixels) expect(pixel >= 0 && pixel <= 1).toBe(true);
    }),
  );
});

test('an aperture presents the image inside and the background outside', () => {
  const fields = { diameter: 7.4, innerDiameter: 2, x: 1.5, y: -0.7 };
  const background = 0.3;
  const seen = viewImage(noise, view(fields), { background });
  const coverage = apertureCoverage(
    { diameter: 7.4, innerDiameter: 2, edge: 'hard' },
    noise,
    fields,
  )!;
  const expected = noise.pixels.map(
    (pixel, i) => pixel * coverage[i]! + background * (1 - coverage[i]!),
  );
  expect(greatestDifference(seen.pixels, expected)).toBeLessThan(ROUNDING);
  expect(seen.pixels.filter((_, i) => coverage[i] === 0)).toContain(Math.fround(background));
});

test('an image is blurred before it is cut out, and unchanged without either', () => {
  const both = viewImage(noise, view({ blur: 2, diameter: 6 }), { background: 0.5 });
  const blurred = blurImage(noise, 2);
  expect(both).toEqual(viewImage(blurred, view({ diameter: 6 }), { background: 0.5 }));
  expect(viewImage(noise, view({}), { background: 0.5 })).toEqual(noise);
});
