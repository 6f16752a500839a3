import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { DatasetCard, Part } from '../../src/datasets/card.js';
import { decodeNpy, type NpyArray, type NpyData } from '../../src/formats/npy.js';
import { randomStream } from '../../src/network/random.js';
import { meanResponses, type NewDataset } from '../../training/dataset/write-dataset.js';
import { writeSiteFile } from './sites.js';

/** The arrays of a dataset, of whose card the rest is made up. */
export interface DatasetArrays {
  /** [images, height, width, channels] */
  readonly images: NpyData;
  readonly size: Pick<DatasetCard['images'], 'height' | 'width' | 'channels' | 'white' | 'monitor'>;
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

/**
 * Makes a dataset of the site `small` in a folder, and gives its validation images two or three trials each: the four
 * files then hold the means of these trials, and `valRspRepeats_small.npy` the trials.
 * @param between makes other images and trials come between those of the site
 */
export async function datasetOfSmallSite(folder: string, between = false): Promise<NewDataset> {
  const read = async (file: string) =>
    decodeNpy(await readFile(path.join(folder, `${file}_small.npy`)));
  const [training, validation] = [await read('train_img'), await read('val_img')];
  const [trained, measured] = [await read('trainRsp'), await read('valRsp')];
  const neurons = trained.shape[1]!;
  const [height, width] = training.shape.slice(1) as [number, number];
  const [pixels, count] = [height * width, validation.shape[0]!];
  const row = ({ data }: NpyArray, size: number, i: number) =>
    data.subarray(i * size, (i + 1) * size);

  const images: NpyData[] = [];
  const parts: Part[] = [];
  const trials: number[] = [];
  const trialImages: number[] = [];
  const add = (part: Part, image: NpyData, responses: readonly NpyData[]) => {
    images.push(image);
    parts.push(part);
    for (const each of responses) {
      trials.push(...each);
      trialImages.push(images.length - 1);
    }
  };
  const repeated = Array.from({ length: count }, (_, i) =>
    Array.from({ length: 2 + (i % 2) }, (_, repeat) => {
      const noise = randomStream(1, 'repeats', i, repeat);
      return Float32Array.from(row(measured, neurons, i), (mean) => mean + 0.1 * noise.normal());
    }),
  );
  for (let i = 0; i < training.shape[0]!; i++) {
    add('train', row(training, pixels, i), [row(trained, neurons, i)]);
    if (between && i < count) add('validation', row(validation, pixels, i), repeated[i]!);
    if (between && i < count) add('test', row(training, pixels, i), [row(trained, neurons, 0)]);
  }
  if (!between)
    for (const [i, own] of repeated.entries()) {
      add('validation', row(validation, pixels, i), own);
    }

  const padded = new Float32Array(3 * count * neurons).fill(Number.NaN);
  for (const [i, own] of repeated.entries()) {
    for (const [repeat, values] of own.entries())
      padded.set(values, (repeat * count + i) * neurons);
  }
  const rows = Int32Array.from(repeated.flatMap((own, i) => own.map(() => i)));
  const all = Float32Array.from(repeated.flatMap((own) => own.flatMap((values) => [...values])));
  await writeSiteFile(folder, 'valRspRepeats', padded, [3, count, neurons]);
  await writeSiteFile(folder, 'valRsp', meanResponses(all, rows, count, neurons), [count, neurons]);
  return newDataset({
    images: Uint8Array.from(images.flatMap((image) => [...image])),
    size: { height, width, channels: 1, white: 255 },
    ...{ neurons, parts },
    trials: Float32Array.from(trials),
    trialImages: Int32Array.from(trialImages),
  });
}
