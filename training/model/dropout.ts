import * as tf from '@tensorflow/tfjs';
import type { Architecture } from '../../src/network/architecture.js';
import { DROPOUT_BLOCKS, type DropoutBlock } from '../../src/network/forward.js';
import { randomStream } from '../../src/network/random.js';

/** Where in its training a population is: what its random numbers depend on. */
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
  { channels, attention }: Architecture,
  neurons: readonly number[],
  images: number,
  p: number,
  { seed, epoch, batch }: Moment,
): Partial<Record<DropoutBlock, tf.Tensor4D>> {
  if (p === 0) return {};
  const blocks = DROPOUT_BLOCKS.filter((block) => block !== 'attention' || attention !== 'none');
  const row = neurons.length * channels;
  const factors = blocks.map(() => new Float32Array(images * row));
  for (const [column, neuron] of neurons.entries()) {
    const random = randomStream(seed, 'dropout', neuron, epoch, batch);
    for (const values of factors) {
      for (let image = 0; image < images; image++) {
        const from = image * row + column * channels;
        for (let i = from; i < from + channels; i++) {
          values[i] = random.uniform() < p ? 0 : 1 / (1 - p);
        }
      }
    }
  }
  return Object.fromEntries(
    blocks.map((block, i) => [block, tf.tensor4d(factors[i]!, [images, 1, 1, row])]),
  );
}
