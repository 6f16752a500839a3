import type { DatasetCard, Part } from '../../src/datasets/card.js';
import type { NpyData } from '../../src/formats/npy.js';
import type { NewDataset } from '../../training/dataset/write-dataset.js';

/** The arrays of a dataset, of whose card the rest is made up. */
export interface DatasetArrays {
  /** [images, height, width, channels] */
  readonly images: NpyData;
  readonly size: Pick<DatasetCard['images'], 'height' | 'width' | 'channels' | 'white'>;
  readonly neurons: number;
  readonly parts: readonly Part[];
  readonly trials: Float32Array;
  readonly trialImages: Int32Array;
}

/** A dataset with these arrays; its images come in two blocks. */
export function newDataset(arrays: DatasetArrays): NewDataset {
  const { images, size, neurons, parts, trials, trialImages } = arrays;
  const half = Math.ceil(parts.length / 2) * (images.length / parts.length);
  return {
    card: {
      name: 'made-up',
      images: { ...size, count: parts.length, degreesPerImage: 2, changes: [] },
      neurons: Array.from({ length: neurons }, (_, i) => ({ id: `unit ${i}`, reliability: null })),
      responses: { unit: 'spikes/s', window: { from: 40, to: 100 }, baseline: null },
      splitRule: 'as it was made up',
      dropped: [{ reason: 'trials with a blank screen', count: 2 }],
      source: {
        ...{ format: 'made up', images: 'images', presentations: null, responses: 'responses' },
        files: [],
      },
      notes: [],
      command: 'none',
    },
    images: inBlocks([images.subarray(0, half), images.subarray(half)]),
    ...{ parts, trials, trialImages },
  };
}

async function* inBlocks(blocks: readonly NpyData[]) {
  yield* blocks;
}

/** Four images of 3x2 pixels in uint16, seven trials of two neurons; one neuron was not measured twice. */
export const TINY: DatasetArrays = {
  images: Uint16Array.from({ length: 24 }, (_, i) => 2741 * i),
  size: { height: 3, width: 2, channels: 1, white: 65535 },
  neurons: 2,
  parts: ['train', 'validation', 'test', 'train'],
  trials: Float32Array.of(1, 2, 0.1, Number.NaN, 3, 4, 0.2, Number.NaN, -5, 6, 0.3, 7, 8, 9),
  trialImages: Int32Array.of(0, 1, 0, 1, 2, 2, 3),
};
