import { expect, test } from 'vitest';
import {
  beginMaximisation,
  diversity,
  type MaximisationTerms,
  maximise,
  type Slope,
  similarity,
} from '../../src/interpret/activation-maximisation.js';
import { byEvolution } from '../../src/interpret/evolution/evolve.js';
import { imageLength, type Stimuli, stimulusAt } from '../../src/stimulus/stimuli.js';

const SIZE = { height: 10, width: 12, channels: 3 as const };
const TERMS: MaximisationTerms = {
  ...{ seed: 1, steps: 200, stepSize: 0.2, background: 0.5, norm: 1 },
  ...{ pixels: [0, 1], blur: 0, jitter: 0 },
};
/** A red-green opponent with a spot of blue. */
const WEIGHTS = Float32Array.from({ length: imageLength(SIZE) }, (_, i) => {
  const [pixel, channel] = [Math.floor(i / 3), i % 3];
  const [x, y] = [(pixel % 12) - 5, Math.floor(pixel / 12) - 6];
  return Math.exp(-(x * x + y * y) / 6) * [1, -1, 0.3 * x][channel]!;
});

const linear: Slope = async (images) => ({
  responses: Float32Array.from(outputs(images)),
  gradient: images.pixels.map((_, i) => WEIGHTS[i % WEIGHTS.length]!),
});

function outputs(images: Stimuli): number[] {
  return Array.from({ length: images.count }, (_, i) =>
    stimulusAt(images, i).pixels.reduce((sum, value, k) => sum + (value - 0.5) * WEIGHTS[k]!, 0),
  );
}

const climb = (terms: MaximisationTerms) =>
  maximise(linear, beginMaximisation(SIZE, 7, 2, terms), 7, terms, terms.steps);

/** The root of the sum of squares, divided by the channels. */
const normOf = (image: Float32Array) =>
  Math.hypot(...image.map((value) => value - 0.5)) / Math.sqrt(3);

test('the preferred stimulus of a filter of colours is the filter, at the norm', async () => {
  const { images } = await climb(TERMS);
  expect(images.channels).toBe(3);
  const best = WEIGHTS.map((value) => 0.5 + value);
  for (let i = 0; i < images.count; i++) {
    const { pixels } = stimulusAt(images, i);
    expect(similarity(pixels, best, 0.5)).toBeGreaterThan(1 - 1e-5);
    expect(normOf(pixels)).toBeCloseTo(1, 5);
  }
  expect(diversity(images, 0.5)).toBeLessThan(1e-5);
});

test('a gray image has the norm in colour that it has in gray', async () => {
  const gray: Slope = async (images) => ({
    responses: new Float32Array(images.count),
    gradient: images.pixels.map((_, i) => WEIGHTS[(i - (i % 3)) % WEIGHTS.length]!),
  });
  const terms = { ...TERMS, steps: 300 };
  const { images } = await maximise(gray, beginMaximisation(SIZE, 7, 1, terms), 7, terms, 300);
  const { pixels } = stimulusAt(images, 0);
  const one = pixels.filter((_, i) => i % 3 === 0);
  expect(Math.hypot(...one.map((value) => value - 0.5))).toBeCloseTo(1, 3);
});

test('the first images have noise of their own in each channel, of a tenth of the norm', () => {
  const { pixels } = beginMaximisation(SIZE, 7, 1, TERMS).images;
  expect(normOf(pixels)).toBeCloseTo(0.1, 5);
  expect(pixels.filter((value, i) => value !== pixels[i - (i % 3)]).length).toBe(2 * 120);
});

test('images are shifted by whole pixels, with their colours', async () => {
  const seen: Stimuli[] = [];
  const slope: Slope = async (images) => {
    seen.push(images);
    return await linear(images);
  };
  const terms = { ...TERMS, jitter: 2, steps: 12 };
  const state = beginMaximisation(SIZE, 7, 1, terms);
  await maximise(slope, state, 7, terms, 1);
  const before = state.images.pixels;
  const shifts = [-2, -1, 0, 1, 2].flatMap((down) =>
    [-2, -1, 0, 1, 2].map((right) => [down, right]),
  );
  const shifted = ([down, right]: readonly number[]) =>
    before.map((_, i) => {
      const [pixel, channel] = [Math.floor(i / 3), i % 3];
      const [x, y] = [(pixel % 12) - right!, Math.floor(pixel / 12) - down!];
      return x >= 0 && x < 12 && y >= 0 && y < 10 ? before[(y * 12 + x) * 3 + channel]! : 0.5;
    });
  expect(shifts.some((shift) => shifted(shift).join() === seen[0]!.pixels.join())).toBe(true);
});

test('without a gradient, a search finds the colours of a filter', async () => {
  const request = {
    ...{ ...SIZE, model: { name: 'x', version: 1, digest: 'x' }, restarts: 1 },
    ...{ neurons: [{ column: 0, id: 7 }], terms: { ...TERMS, steps: 150 } },
  };
  const search = byEvolution(async (images) => outputs(images), request);
  const images = await search({ column: 0, id: 7 }, () => {}, undefined);
  const { pixels } = stimulusAt(images, 0);
  const best = Math.hypot(...WEIGHTS) * Math.sqrt(3); // of all images of a norm of 1
  expect(outputs(images)[0]).toBeGreaterThan(0.7 * best);
  expect(normOf(pixels)).toBeLessThan(1 + 1e-5);
});
