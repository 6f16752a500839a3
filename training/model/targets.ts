import * as tf from '@tensorflow/tfjs';
import type { Recording } from '../data/recording.js';
import type { Measured } from './loss.js';
import { type ResponseScale, toScale } from './response-scale.js';

/** The real responses to a batch of images. */
export interface Targets {
  /** [images, neurons]; in the scale of each neuron; 0 where a response was not measured. */
  readonly targets: tf.Tensor2D;
  /** Where some were not measured. */
  readonly measured?: Measured;
}

/**
 * @param ids columns of the recording
 * @param scales in which the targets are, one for each of the ids
 */
export function batchTargets(
  { responses, neurons: all }: Pick<Recording, 'responses' | 'neurons'>,
  images: Uint32Array,
  ids: readonly number[],
  scales: readonly ResponseScale[],
): Targets {
  const shape: [number, number] = [images.length, ids.length];
  const targets = new Float32Array(images.length * ids.length);
  const mask = new Float32Array(targets.length).fill(1);
  const counts = ids.map(() => images.length);
  for (const [row, image] of images.entries()) {
    for (const [i, id] of ids.entries()) {
      const response = responses[image * all + id]!;
      const place = row * ids.length + i;
      targets[place] = toScale(response, scales[i]!);
      if (!Number.isNaN(response)) continue;
      // A product of NaN and 0 is NaN, so that the mask alone would not take it out.
      targets[place] = 0;
      mask[place] = 0;
      counts[i]! -= 1;
    }
  }
  if (counts.every((count) => count === images.length))
    return { targets: tf.tensor2d(targets, shape) };
  const scale = counts.map((count) => (count === 0 ? 0 : images.length / count));
  return {
    targets: tf.tensor2d(targets, shape),
    measured: { mask: tf.tensor2d(mask, shape), scale: tf.tensor1d(scale) },
  };
}
