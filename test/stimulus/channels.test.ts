import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { luma, toColour, toGray } from '../../src/stimulus/channels.js';
import { fitImage } from '../../src/stimulus/fit.js';
import { blurImage, ImageView, viewImage } from '../../src/stimulus/parametric/view.js';
import { drawSheet } from '../../src/stimulus/sheet.js';
import {
  concatStimuli,
  type Stimuli,
  type StimulusImage,
  sliceStimuli,
  stimulusAt,
  stimulusDigest,
} from '../../src/stimulus/stimuli.js';
import { contrastWarnings, stimulusStatistics } from '../../src/stimulus/training-range.js';

/** Colour images whose values all differ. */
function colour(count: number, height: number, width: number): Stimuli {
  const length = count * height * width * 3;
  const pixels = Float32Array.from({ length }, (_, i) => ((i * 7919) % length) / length);
  return { count, height, width, channels: 3, pixels };
}

/** One channel of an image, as a gray image. */
function plane({ height, width, pixels }: StimulusImage, c: number): StimulusImage {
  const own = pixels.filter((_, i) => i % 3 === c);
  return { height, width, channels: 1, pixels: own };
}

const CHANNELS = [0, 1, 2];

test('each channel of a colour image is fitted and blurred as a gray image is', () => {
  const image = stimulusAt(colour(1, 9, 12), 0);
  const view = ImageView.parse({ png: '', blur: 1, diameter: 7.5, x: 1 });
  const changes: ((image: StimulusImage) => StimulusImage)[] = [
    (each) => fitImage(each, { height: 6, width: 7 }, 'resize').image,
    (each) => fitImage(each, { height: 20, width: 15 }, 'stretch').image,
    (each) => fitImage(each, { height: 4, width: 5 }, 'crop').image,
    (each) => blurImage(each, 1.3),
    (each) => viewImage(each, view, { background: 0.3 }),
  ];
  for (const change of changes) {
    const changed = change(image);
    expect(changed.channels).toBe(3);
    for (const c of CHANNELS) expect(plane(changed, c)).toEqual(change(plane(image, c)));
  }
});

test('slices, batches and sheets keep the channels of their images', () => {
  const stimuli = colour(5, 2, 3);
  const parts = [sliceStimuli(stimuli, 0, 2), sliceStimuli(stimuli, 2, 5)];
  expect(concatStimuli(parts)).toEqual(stimuli);
  expect(stimulusAt(stimuli, 1).pixels).toEqual(stimuli.pixels.subarray(18, 36));
  const sheet = drawSheet(stimuli, 0.5);
  for (const c of CHANNELS) {
    const images = Array.from({ length: 5 }, (_, i) => plane(stimulusAt(stimuli, i), c));
    const gray = concatStimuli(images.map((image) => ({ count: 1, ...image })));
    expect(plane(sheet, c)).toEqual(drawSheet(gray, 0.5));
  }
  const gray = { ...stimuli, channels: 1 as const, pixels: new Float32Array(30) };
  expect(() => concatStimuli([stimuli, gray])).toThrow('2x3 cannot join a batch of 2x3x3');
});

test('the digest of a colour image is sha256 over height, width, 3 and the pixels', () => {
  const pixels = Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6);
  const digest = createHash('sha256')
    .update(Buffer.from(Uint32Array.of(1, 2, 3).buffer))
    .update(Buffer.from(pixels.buffer))
    .digest('hex');
  expect(stimulusDigest({ height: 1, width: 2, channels: 3, pixels })).toBe(digest);
});

test('equal channels have exactly their value as luma, and primaries their share', () => {
  const value = fc.float({ min: 0, max: 1, noNaN: true });
  fc.assert(fc.property(value, (gray) => luma(gray, gray, gray) === gray));
  expect([luma(1, 0, 0), luma(0, 1, 0), luma(0, 0, 1)]).toEqual([0.2126, 0.7152, 0.0722]);
  const gray = { channels: 1 as const, pixels: Float32Array.of(0, 0.3, 1) };
  expect(toGray(toColour(gray))).toEqual(gray);
  expect(toGray(gray)).toBe(gray);
});

test('the contrast of a colour image is that of its luma', () => {
  // A red of luma 0.2126 next to a gray of that value.
  const pixels = Float32Array.of(1, 0, 0, 0.2126, 0.2126, 0.2126);
  const image = { height: 1, width: 2, channels: 3 as const, pixels };
  const { mean, contrast } = stimulusStatistics(image);
  expect(mean).toBeCloseTo(0.2126, 6);
  // The luma of the gray is rounded to float32.
  expect(contrast).toBeLessThan(1e-7);
  expect(contrastWarnings(image, [0.1, 0.2])).toHaveLength(1);
});
