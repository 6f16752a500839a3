import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  beginMaximisation,
  diversity,
  type MaximisationTerms,
  maximise,
  type Slope,
  similarity,
} from '../../src/interpret/activation-maximisation.js';
import { randomStream } from '../../src/network/random.js';
import { blurImage } from '../../src/stimulus/parametric/view.js';
import { type Stimuli, stimulusAt } from '../../src/stimulus/stimuli.js';
import { between } from '../support/numbers.js';

const SIDE = 12;
const SIZE = { height: SIDE, width: SIDE, channels: 1 as const };
const TERMS: MaximisationTerms = {
  seed: 1,
  steps: 200,
  stepSize: 0.2,
  background: 0.5,
  norm: 1,
  pixels: [0, 1],
  blur: 0,
  jitter: 0,
};

/** The filter of a simple cell, with a phase in degrees. */
function filter(phase: number): Float32Array {
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [(i % SIDE) - 5, Math.floor(i / SIDE) - 6];
    const envelope = Math.exp(-(x * x + y * y) / 12);
    return envelope * Math.cos(2 * Math.PI * (0.2 * x + phase / 360));
  });
}

/** The output of a filter for each image, relative to the background. */
function filtered(images: Stimuli, weights: Float32Array): number[] {
  return Array.from({ length: images.count }, (_, i) =>
    stimulusAt(images, i).pixels.reduce((sum, pixel, p) => sum + (pixel - 0.5) * weights[p]!, 0),
  );
}

/** A response that is the sum of a function of the output of each filter, with its derivative. */
function slopeOf(
  filters: readonly Float32Array[],
  value: (output: number) => number,
  derivative: (output: number) => number,
): Slope {
  return async (images) => {
    const outputs = filters.map((weights) => filtered(images, weights));
    const gradient = images.pixels.map((_, i) => {
      const [image, pixel] = [Math.floor(i / SIDE ** 2), i % SIDE ** 2];
      return filters.reduce((sum, weights, f) => {
        return sum + derivative(outputs[f]![image]!) * weights[pixel]!;
      }, 0);
    });
    const responses = Float32Array.from({ length: images.count }, (_, i) =>
      outputs.reduce((sum, own) => sum + value(own[i]!), 0),
    );
    return { responses, gradient };
  };
}

const linear = (weights: Float32Array) =>
  slopeOf(
    [weights],
    (output) => output,
    () => 1,
  );
const energy = slopeOf(
  [filter(0), filter(90)],
  (output) => output * output,
  (output) => 2 * output,
);

function climb(slope: Slope, terms: MaximisationTerms, restarts = 3, neuron = 7) {
  return maximise(
    slope,
    beginMaximisation(SIZE, neuron, restarts, terms),
    neuron,
    terms,
    terms.steps,
  );
}

const normOf = (image: Float32Array) => Math.hypot(...image.map((pixel) => pixel - 0.5));

test('the preferred stimulus of a linear filter is the filter itself at the norm', async () => {
  const { images, step } = await climb(linear(filter(30)), TERMS);
  expect(step).toBe(TERMS.steps);
  const length = Math.hypot(...filter(30));
  const best = filter(30).map((weight) => 0.5 + weight / length);
  for (let i = 0; i < images.count; i++) {
    const { pixels } = stimulusAt(images, i);
    expect(similarity(pixels, best, 0.5)).toBeGreaterThan(1 - 1e-6);
    expect(normOf(pixels)).toBeCloseTo(1, 5);
  }
  expect(diversity(images, 0.5)).toBeLessThan(1e-6);
});

test('with bounds on the pixels alone, each pixel ends at the bound that its weight favours', async () => {
  const pixels = [0.25, 0.875] as const;
  const { images } = await climb(linear(filter(30)), { ...TERMS, norm: 100, pixels });
  const expected = filter(30).map((weight) => (weight > 0 ? 0.875 : 0.25));
  expect(stimulusAt(images, 0).pixels).toEqual(expected);
});

test('blurred gradients find the blurred filter', async () => {
  const { images } = await climb(linear(filter(0)), { ...TERMS, blur: 1.5 });
  const blurred = blurImage({ ...SIZE, pixels: filter(0) }, 1.5).pixels;
  const alike = similarity(
    stimulusAt(images, 0).pixels,
    blurred.map((value) => value + 0.5),
    0.5,
  );
  expect(alike).toBeGreaterThan(1 - 1e-6);
});

test('with jitter of given shifts, a filter is found as its mean over the shifts', async () => {
  const jitter = 1;
  const slope = linear(filter(0));
  const { images } = await climb(slope, { ...TERMS, jitter, steps: 2000 }, 1);
  const mean = Float32Array.from({ length: SIDE ** 2 }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    let sum = 0;
    for (const dy of [-1, 0, 1]) {
      for (const dx of [-1, 0, 1]) {
        if (x + dx < 0 || x + dx >= SIDE || y + dy < 0 || y + dy >= SIDE) continue;
        sum += filter(0)[(y + dy) * SIDE + x + dx]!;
      }
    }
    return 0.5 + sum;
  });
  // The shifts are random, so the mean is near the expected one.
  expect(similarity(stimulusAt(images, 0).pixels, mean, 0.5)).toBeGreaterThan(0.99);
});

test('the gradient of a shifted image is shifted back', async () => {
  // The gradient of sum (pixel - background)^2 / 2 is the image itself, so the image grows in proportion.
  const itself: Slope = async ({ count, pixels }) => ({
    responses: new Float32Array(count),
    gradient: pixels.map((pixel) => pixel - 0.5),
  });
  const terms = { ...TERMS, jitter: 2, steps: 20 };
  const before = beginMaximisation(SIZE, 7, 3, terms).images;
  const { images } = await climb(itself, terms);
  const middle = (image: Float32Array) =>
    image.filter(
      (_, i) => Math.abs((i % SIDE) - 5.5) < 3 && Math.abs(Math.floor(i / SIDE) - 5.5) < 3,
    );
  for (let i = 0; i < 3; i++) {
    const [a, b] = [before, images].map((all) => middle(stimulusAt(all, i).pixels));
    expect(similarity(a!, b!, 0.5)).toBeGreaterThan(0.999);
  }
});

test('restarts find the phases of a complex cell, all equally strong', async () => {
  const { images } = await climb(energy, TERMS, 6);
  const { responses } = await energy(images);
  // At norm 1 this is the largest eigenvalue of the Gram matrix of the two filters.
  const [a, b] = [filter(0), filter(90)];
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
  const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
  const best = (aa + bb) / 2 + Math.hypot((aa - bb) / 2, ab);
  for (const response of responses) {
    expect(response).toBeGreaterThan(0.9 * best);
    expect(response).toBeLessThan(1.0001 * best);
  }
  expect(diversity(images, 0.5)).toBeGreaterThan(0.3);
});

test('the same seed gives the same images, whole or in slices and with concurrent requests', async () => {
  const terms = { ...TERMS, steps: 20, jitter: 2, blur: 0.8 };
  const whole = await climb(energy, terms, 3);
  let state = beginMaximisation(SIZE, 7, 2, terms);
  for (const until of [1, 7, 20]) state = await maximise(energy, state, 7, terms, until);
  expect(state.images.pixels).toEqual(whole.images.pixels.slice(0, 2 * SIDE ** 2));
  const others = await Promise.all([
    climb(energy, { ...terms, seed: 2 }, 2),
    climb(energy, terms, 2, 8),
  ]);
  for (const { images } of others) expect(images.pixels).not.toEqual(state.images.pixels);
});

test('the image stays as it is where nothing changes the response', async () => {
  const flat: Slope = async ({ count, pixels }) => ({
    responses: new Float32Array(count),
    gradient: new Float32Array(pixels.length),
  });
  const { images } = await climb(flat, TERMS);
  expect(images.pixels).toEqual(beginMaximisation(SIZE, 7, 3, TERMS).images.pixels);
});

test('norm and pixels stay within their bounds for any slope', async () => {
  const bounds = fc.record({
    seed: fc.integer(),
    norm: between(0.01, 8),
    stepSize: between(0.01, 2),
    background: between(0.3, 0.7),
    least: between(0, 0.3),
    most: between(0.7, 1),
    blur: fc.constantFrom(0, 1),
    jitter: fc.integer({ min: 0, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(bounds, async ({ least, most, ...rest }) => {
      const random = randomStream(rest.seed);
      const wild: Slope = async ({ count, pixels }) => ({
        responses: new Float32Array(count),
        gradient: pixels.map(() => 1e3 * random.normal()),
      });
      const { images } = await climb(wild, { ...rest, steps: 5, pixels: [least, most] }, 2);
      for (let i = 0; i < 2; i++) {
        const { pixels } = stimulusAt(images, i);
        expect(Math.min(...pixels)).toBeGreaterThanOrEqual(Math.fround(least));
        expect(Math.max(...pixels)).toBeLessThanOrEqual(Math.fround(most));
        const norm = Math.hypot(...pixels.map((pixel) => pixel - rest.background));
        expect(norm).toBeLessThanOrEqual(rest.norm * (1 + 1e-5) + 1e-6);
      }
    }),
    { numRuns: 50 },
  );
});

test('similarity and diversity of images are their definitions', () => {
  const stimuli = (...rows: number[][]): Stimuli => ({
    count: rows.length,
    height: 1,
    width: 2,
    channels: 1,
    pixels: Float32Array.from(rows.flat()),
  });
  expect(similarity(Float32Array.of(1, 0.5), Float32Array.of(0, 0.5), 0.5)).toBe(-1);
  expect(similarity(Float32Array.of(1, 0.5), Float32Array.of(0.5, 1), 0.5)).toBe(0);
  expect(similarity(Float32Array.of(0.5, 0.5), Float32Array.of(0, 0), 0.5)).toBeNull();
  expect(diversity(stimuli([1, 0.5]), 0.5)).toBeNull();
  expect(diversity(stimuli([1, 0.5], [0.75, 0.5]), 0.5)).toBe(0);
  // similarities 0, -1 and 0
  expect(diversity(stimuli([1, 0.5], [0.5, 1], [0, 0.5]), 0.5)).toBeCloseTo(4 / 3, 12);
});
