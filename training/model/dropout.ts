import * as tf from '@tensorflow/tfjs';
import type { Architecture } from '../../src/network/architecture.js';
import { createLayers } from '../../src/network/architecture.js';
import { randomStream } from '../../src/network/random.js';

/** The point in the training of a population, on which its random numbers depend. */
export interface Moment {
  readonly seed: number;
  /** From 1. */
  readonly epoch: number;
  /** The batch within the epoch, from 0. */
  readonly batch: number;
}

/**
 * Factors of channel dropout for one batch, [B, 1, 1, N·C] for each block: a whole channel of an
 * image is dropped with probability p, the others grow by 1/(1-p). A neuron's factors depend on its
 * own id, never on the neurons that are trained with it.
 * @param neurons ids
 */
export function dropoutFactors(
  architecture: Architecture,
  neurons: readonly number[],
  images: number,
  p: number,
  { seed, epoch, batch }: Moment,
): Record<string, tf.Tensor4D> {
  if (p === 0) return {};
  // they are the same for gray stimuli and for colour
  const layers = createLayers(architecture, 1).filter(({ hasDropout }) => hasDropout);
  const row = neurons.length * architecture.channels;
  const factors = layers.map(() => new Float32Array(images * row));
  for (const [column, neuron] of neurons.entries()) {
    const random = randomStream(seed, 'dropout', neuron, epoch, batch);
    for (const values of factors) {
      for (let image = 0; image < images; image++) {
        const from = image * row + column * architecture.channels;
        for (let i = from; i < from + architecture.channels; i++) {
          values[i] = random.uniform() < p ? 0 : 1 / (1 - p);
        }
      }
    }
  }
  return Object.fromEntries(
    layers.map(({ block }, i) => [block, tf.tensor4d(factors[i]!, [images, 1, 1, row])]),
  );
}

/**
 * The same of blocks whose channels all neurons share.
 * @param blocks names, with their channels
 * @returns by block, [B, 1, 1, channels]
 */
export function channelFactors(
  blocks: readonly (readonly [name: string, channels: number])[],
  images: number,
  p: number,
  { seed, epoch, batch }: Moment,
): Record<string, tf.Tensor4D> {
  if (p === 0) return {};
  const random = randomStream(seed, 'dropout', 'core', epoch, batch);
  return Object.fromEntries(
    blocks.map(([name, channels]) => {
      const values = Float32Array.from({ length: images * channels }, () =>
        random.uniform() < p ? 0 : 1 / (1 - p),
      );
      return [name, tf.tensor4d(values, [images, 1, 1, channels])];
    }),
  );
}
