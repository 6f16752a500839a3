import { expect, test } from 'vitest';
import { randomStream } from '../../src/network/random.js';
import { createFourierTransform } from '../../training/synthetic/fourier.js';
import { createImageSource, IMAGE_PIXELS } from '../../training/synthetic/images.js';
import { createNoiseSource, FIELD_SIDE } from '../../training/synthetic/noise-field.js';

const SIDE = 50;

test('the fast Fourier transform is the sum that defines it', () => {
  const side = 8;
  const real = Float64Array.from({ length: side * side }, (_, i) => Math.sin(3 * i * i));
  const imaginary = Float64Array.from({ length: side * side }, (_, i) => Math.cos(5 * i));
  const expected = Array.from({ length: side * side }, (_, k) => {
    let re = 0;
    let im = 0;
    for (let i = 0; i < side * side; i++) {
      const turns = ((k % side) * (i % side) + Math.floor(k / side) * Math.floor(i / side)) / side;
      const c = Math.cos(2 * Math.PI * turns);
      const s = -Math.sin(2 * Math.PI * turns);
      re += real[i]! * c - imaginary[i]! * s;
      im += real[i]! * s + imaginary[i]! * c;
    }
    return { re, im };
  });
  createFourierTransform(side)(real, imaginary);
  for (const [k, { re, im }] of expected.entries()) {
    expect(Math.abs(real[k]! - re)).toBeLessThan(1e-12);
    expect(Math.abs(imaginary[k]! - im)).toBeLessThan(1e-12);
  }
});

test('an image depends on its seed, split and index alone', () => {
  const draw = createImageSource();
  const image = draw(1, 'train', 5).slice();
  for (const other of [draw(2, 'train', 5), draw(1, 'validation', 5), draw(1, 'train', 6)]) {
    expect(other.slice()).not.toEqual(image);
  }
  expect(draw(1, 'train', 5)).toEqual(image);
  expect(createImageSource()(1, 'train', 5)).toEqual(image);
});

test('images fade to the background at their corners and fill the middle', () => {
  const draw = createImageSource();
  const means = new Float64Array(IMAGE_PIXELS);
  const deviations = new Float64Array(IMAGE_PIXELS);
  for (let index = 0; index < 200; index++) {
    const image = draw(1, 'train', index);
    for (let i = 0; i < IMAGE_PIXELS; i++) {
      means[i]! += image[i]! / 200;
      deviations[i]! += Math.abs(image[i]! - 127.5) / 200;
    }
    for (const corner of [0, SIDE - 1, IMAGE_PIXELS - SIDE, IMAGE_PIXELS - 1]) {
      expect(image[corner]).toBe(128);
    }
  }
  const centre = (SIDE / 2) * SIDE + SIDE / 2;
  // The mean over scenes is mid-gray everywhere, within about four standard errors of 45 / sqrt(200).
  for (const mean of means) expect(Math.abs(mean - 127.5)).toBeLessThan(14);
  expect(deviations[centre]).toBeGreaterThan(20);
  expect(deviations[SIDE + 1]).toBeLessThan(1);
});

test('contrast and mean vary from image to image within the 8 bits', () => {
  const draw = createImageSource();
  const middles = Array.from({ length: 100 }, (_, index) => {
    const image = draw(3, 'train', index);
    const middle = [];
    for (let y = 10; y < 40; y++) middle.push(...image.subarray(y * SIDE + 10, y * SIDE + 40));
    const mean = middle.reduce((sum, gray) => sum + gray, 0) / middle.length;
    const variance = middle.reduce((sum, gray) => sum + (gray - mean) ** 2, 0) / middle.length;
    return { mean: mean / 255, contrast: Math.sqrt(variance) / 255 };
  });
  const contrasts = middles.map(({ contrast }) => contrast).toSorted((a, b) => a - b);
  const means = middles.map(({ mean }) => mean).toSorted((a, b) => a - b);
  expect(contrasts[10]).toBeLessThan(0.12);
  expect(contrasts[90]).toBeGreaterThan(0.18);
  expect(means[10]).toBeLessThan(0.45);
  expect(means[90]).toBeGreaterThan(0.55);
});

test('the amplitude of images falls about as 1/f', () => {
  const draw = createImageSource();
  const slope = spectralSlope(32, 200, (index, field) => {
    const image = draw(1, 'train', index);
    for (let i = 0; i < field.length; i++) {
      const x = i % 32;
      const y = Math.floor(i / 32);
      // A Hann window removes the spectrum of the cut edges.
      const window = Math.sin((Math.PI * (x + 0.5)) / 32) * Math.sin((Math.PI * (y + 0.5)) / 32);
      field[i] = (image[(y + 9) * SIDE + x + 9]! - 127.5) * window ** 2;
    }
  });
  expect(slope).toBeGreaterThan(-1.6);
  expect(slope).toBeLessThan(-0.7);
});

test('noise has unit variance, an amplitude between 1/f^0.9 and 1/f^1.4, and independent parts', () => {
  const draw = createNoiseSource();
  let product = 0;
  const slope = spectralSlope(FIELD_SIDE, 40, (index, field) => {
    const { first, second } = draw(randomStream(index));
    field.set(first);
    expect(first.reduce((sum, value) => sum + value ** 2, 0) / first.length).toBeCloseTo(1, 10);
    product += first.reduce((sum, value, i) => sum + value * second[i]!, 0) / first.length / 40;
  });
  expect(slope).toBeGreaterThan(-1.4);
  expect(slope).toBeLessThan(-0.9);
  // At 1/f a few low frequencies have most of the variance, so the fields correlate by chance.
  expect(Math.abs(product)).toBeLessThan(0.15);
});

/** Slope of log amplitude over log frequency, from 2 cycles per field on, over `count` fields. */
function spectralSlope(
  side: number,
  count: number,
  fill: (index: number, field: Float64Array) => void,
): number {
  const transform = createFourierTransform(side);
  const power = new Float64Array(side * side);
  for (let index = 0; index < count; index++) {
    const real = new Float64Array(side * side);
    const imaginary = new Float64Array(side * side);
    fill(index, real);
    transform(real, imaginary);
    for (let i = 0; i < power.length; i++) power[i]! += real[i]! ** 2 + imaginary[i]! ** 2;
  }
  const points: [number, number][] = [];
  for (let ring = 2; ring < side / 2; ring++) {
    const inRing = power.filter((_, i) => {
      const fx = Math.min(i % side, side - (i % side));
      const fy = Math.min(Math.floor(i / side), side - Math.floor(i / side));
      return Math.round(Math.hypot(fx, fy)) === ring;
    });
    const mean = inRing.reduce((sum, value) => sum + value, 0) / inRing.length;
    points.push([Math.log(ring), Math.log(mean) / 2]);
  }
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}
