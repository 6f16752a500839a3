import { expect, test } from 'vitest';
import { toRepeats } from '../../../training/data/repeats-file.js';
import { repeatedLike } from '../../../training/ensemble/repeated-like.js';

const NONE = Number.NaN;
// [4 repeats, 2 images, 3 neurons]: neuron 1 was measured for the second image alone, neuron 2 twice at most.
const TRIALS = [
  [1, NONE, 10, 5, 7, 40],
  [2, NONE, 30, 6, 8, 60],
  [3, NONE, NONE, 7, 9, NONE],
  [6, NONE, NONE, 10, 12, 80],
].flat();
const MEANS = [3, NONE, 20, 7, 9, 60];
const repeats = toRepeats(
  { shape: [4, 2, 3], data: Float32Array.from(TRIALS) },
  { count: 2, neurons: 3, responses: Float32Array.from(MEANS) },
);

test('single trials are the responses of images that training images with one trial have', () => {
  expect(repeatedLike(repeats, 2, [0, 1], 1)).toEqual({
    ...{ stimuli: 8, neurons: 2 },
    values: Float64Array.of(1, NONE, 5, 7, 2, NONE, 6, 8, 3, NONE, 7, 9, 6, NONE, 10, 12),
  });
});

test('for training images of several trials they are means of as many', () => {
  expect(repeatedLike(repeats, 2, [0], 2).values).toEqual(Float64Array.of(1.5, 5.5, 4.5, 8.5));
  // Of four trials three make one mean.
  expect(repeatedLike(repeats, 2, [0], 3).values).toEqual(Float64Array.of(2, 6));
  expect(repeatedLike(repeats, 2, [0], 9).values).toEqual(Float64Array.of(3, 7));
});

test('a neuron with fewer trials has the mean of those, of the number that all its images have', () => {
  expect(repeatedLike(repeats, 2, [2], 4).values).toEqual(Float64Array.of(20, 50));
  expect(repeatedLike(repeats, 2, [2], 1).values).toEqual(
    Float64Array.of(10, 40, 30, 60, NONE, NONE, NONE, NONE),
  );
});
