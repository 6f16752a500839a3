import type { ResponseMatrix } from '../../src/tuning/response-matrix.js';
import type { Repeats } from '../data/repeats-file.js';

/**
 * Responses to repeated images as a training image would have them: the means of so many trials each. A mean of more
 * trials has less noise, and intervals that are learnt on training images would cover it too often.
 * @param images of the recording
 * @param neurons ids
 * @param trials of each mean, from 1; where an image has fewer, the mean of all that it has
 * @returns [means of an image x images, neurons], the images one after another for each mean; NaN where there is none
 * @example repeatedLike(repeats, 300, [0, 1], 1) // single trials
 */
export function repeatedLike(
  repeats: Repeats,
  images: number,
  neurons: readonly number[],
  trials: number,
): ResponseMatrix {
  const size = Math.min(trials, repeats.most);
  const groups = Math.floor(repeats.most / size);
  const values = new Float64Array(groups * images * neurons.length).fill(Number.NaN);
  for (const [column, neuron] of neurons.entries()) {
    const own = repeats.trials(neuron);
    const most = Math.min(size, own.repeats);
    for (const [place, image] of repeats.images(neuron).entries()) {
      for (let group = 0; (group + 1) * most <= own.repeats; group++) {
        const row = group * images + image;
        if (group < groups) values[row * neurons.length + column] = meanOf(own, place, group, most);
      }
    }
  }
  return { stimuli: groups * images, neurons: neurons.length, values };
}

/** The mean of some trials in a row of an image. */
function meanOf(
  { stimuli, values }: ReturnType<Repeats['trials']>,
  image: number,
  group: number,
  size: number,
): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += values[(group * size + i) * stimuli + image]!;
  return sum / size;
}
