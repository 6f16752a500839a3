import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  concatStimuli,
  sliceStimuli,
  stimulusAt,
  stimulusDigest,
} from '../../src/stimulus/stimuli.js';

const three = {
  count: 3,
  height: 1,
  width: 2,
  channels: 1 as const,
  pixels: Float32Array.of(0, 0.1, 0.2, 0.3, 0.4, 0.5),
};

test('a slice is a view of the batch', () => {
  const slice = sliceStimuli(three, 1, 3);
  expect(slice).toEqual({ ...three, count: 2, pixels: Float32Array.of(0.2, 0.3, 0.4, 0.5) });
  expect(slice.pixels.buffer).toBe(three.pixels.buffer);
  expect(() => sliceStimuli(three, 2, 4)).toThrow('no stimuli 2..4 in a batch of 3');
});

test('concatenated slices are the batch', () => {
  const parts = [sliceStimuli(three, 0, 1), sliceStimuli(three, 1, 1), sliceStimuli(three, 1, 3)];
  expect(concatStimuli(parts)).toEqual(three);
  expect(concatStimuli([three])).toBe(three);
  const turned = { ...three, height: 2, width: 1 };
  expect(() => concatStimuli([three, turned])).toThrow('2x1 cannot join a batch of 1x2');
});

test('the digest is sha256 over height, width and pixels in little-endian', () => {
  const canonical = Buffer.alloc(16);
  canonical.writeUInt32LE(1, 0);
  canonical.writeUInt32LE(2, 4);
  canonical.writeFloatLE(0.2, 8);
  canonical.writeFloatLE(0.3, 12);
  const expected = createHash('sha256').update(canonical).digest('hex');
  expect(stimulusDigest(stimulusAt(three, 1))).toBe(expected);
});

test('the digest distinguishes shapes but not the two zeros', () => {
  const digest = (height: number, width: number, ...pixels: number[]) =>
    stimulusDigest({ height, width, channels: 1, pixels: Float32Array.from(pixels) });
  expect(digest(1, 2, 0, 1)).not.toBe(digest(2, 1, 0, 1));
  expect(digest(1, 2, -0, 1)).toBe(digest(1, 2, 0, 1));
});
