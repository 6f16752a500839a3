import path from 'node:path';
import {
  DATASET_CARD_FILE,
  DATASET_FILES,
  DatasetCard,
  imagesShape,
  PARTS,
  type Part,
} from '../../src/datasets/card.js';
import { InputError } from '../../src/errors.js';
import { sha256, writeWhole } from '../../src/files/whole-file.js';
import type { NpyData } from '../../src/formats/npy.js';
import type { Signals } from '../run/interruption.js';
import { createNpyWriter, type NpyWriter } from './npy-writer.js';
import { writeWholeFolder } from './whole-folder.js';

/** What a dataset is made of. */
export interface NewDataset {
  /** All of the card but what follows from the arrays. */
  readonly card: Omit<DatasetCard, 'format' | 'files' | 'trials' | 'split'> & {
    readonly splitRule: string;
  };
  /** Images in order, some at a time: each [count, height, width, channels], all of one type. */
  readonly images: AsyncIterable<NpyData>;
  /** Of each image. */
  readonly parts: readonly Part[];
  /** [trials, neurons]; NaN where it was not measured. */
  readonly trials: Float32Array;
  /** The image of each trial. */
  readonly trialImages: Int32Array;
}

/** A dataset that was written. */
export interface WrittenDataset {
  readonly folder: string;
  readonly card: DatasetCard;
  /** SHA-256 of its card. */
  readonly digest: string;
}

/**
 * Writes a dataset, whole or not at all.
 * @param folder must not exist, or have nothing in it
 * @param signals of this process: SIGINT and SIGTERM remove what is unfinished and end it
 * @throws InputError where there is something already, or a response is infinite
 */
export async function writeDataset(
  folder: string,
  dataset: NewDataset,
  signals?: Signals,
): Promise<WrittenDataset> {
  checkTrials(dataset);
  const write = async (temporary: string) => {
    const files = await writeArrays(temporary, dataset);
    const { splitRule, ...rest } = dataset.card;
    const repeats = countRepeats(dataset);
    const count = (part: Part) => dataset.parts.filter((each) => each === part).length;
    const card = DatasetCard.parse({
      format: 'hypercolumn-dataset/1',
      ...rest,
      trials: {
        count: dataset.trialImages.length,
        maxRepeats: repeats.reduce((most, each) => Math.max(most, each), 0),
      },
      split: {
        rule: splitRule,
        train: count('train'),
        validation: count('validation'),
        test: count('test'),
      },
      files,
    });
    const text = `${JSON.stringify(card, null, 2)}\n`;
    await writeWhole(path.join(temporary, DATASET_CARD_FILE), text);
    return { folder, card, digest: sha256(text) };
  };
  return await writeWholeFolder(folder, write, signals);
}

/** @returns the SHA-256 of each file */
async function writeArrays(
  folder: string,
  { card, images, parts, trials, trialImages }: NewDataset,
): Promise<Record<string, string>> {
  const { count } = card.images;
  const neurons = card.neurons.length;
  const file = (name: keyof typeof DATASET_FILES) => path.join(folder, DATASET_FILES[name]);
  const digests: Record<string, string> = {};
  const write = async (
    name: keyof typeof DATASET_FILES,
    blocks: AsyncIterable<NpyData> | readonly NpyData[],
    shape: readonly number[],
  ) => {
    let writer: NpyWriter | undefined;
    try {
      for await (const block of blocks) {
        writer ??= await createNpyWriter(file(name), block, shape);
        await writer.append(block);
      }
      if (writer === undefined) throw new Error(`there is nothing for ${DATASET_FILES[name]}`);
      digests[DATASET_FILES[name]] = await writer.finish();
    } finally {
      await writer?.close();
    }
  };
  const codes = Uint8Array.from(parts, (part) => PARTS.indexOf(part));
  const responses = meanResponses(trials, trialImages, count, neurons);
  await write('images', images, imagesShape(card.images));
  await write('trials', [trials], [trialImages.length, neurons]);
  await write('trialImages', [trialImages], [trialImages.length]);
  await write('responses', [responses], [count, neurons]);
  await write('split', [codes], [count]);
  return digests;
}

/** @throws InputError naming the first response that is infinite: NaN alone says that it was not measured */
export function checkTrials({ card, trials }: NewDataset): void {
  const bad = trials.findIndex((value) => Math.abs(value) === Number.POSITIVE_INFINITY);
  if (bad < 0) return;
  const [trial, neuron] = [Math.floor(bad / card.neurons.length), bad % card.neurons.length];
  throw new InputError(
    `the response of neuron ${card.neurons[neuron]!.id} in trial ${trial} is ${trials[bad]}; ` +
      'expected a number that float32 holds, or NaN where the neuron was not measured',
  );
}

function countRepeats({ card, trialImages }: NewDataset): Uint32Array {
  const repeats = new Uint32Array(card.images.count);
  for (const image of trialImages) repeats[image]! += 1;
  return repeats;
}

/**
 * The mean over the measured trials of each image, summed in the order of the trials in double precision.
 * @returns [images, neurons]; NaN where there is none
 */
export function meanResponses(
  trials: Float32Array,
  trialImages: Int32Array,
  images: number,
  neurons: number,
): Float32Array {
  const means = new Float32Array(images * neurons);
  const sums = new Float64Array(neurons);
  const counts = new Uint32Array(neurons);
  for (const [image, own] of groupTrials(trialImages, images).entries()) {
    sums.fill(0);
    counts.fill(0);
    for (const trial of own) {
      for (let neuron = 0; neuron < neurons; neuron++) {
        const value = trials[trial * neurons + neuron]!;
        if (Number.isNaN(value)) continue;
        sums[neuron]! += value;
        counts[neuron]! += 1;
      }
    }
    for (let neuron = 0; neuron < neurons; neuron++) {
      means[image * neurons + neuron] = sums[neuron]! / counts[neuron]!; // 0 / 0 is NaN
    }
  }
  return means;
}

/** The trials of each image, in order. */
function groupTrials(trialImages: Int32Array, images: number): number[][] {
  const groups = Array.from({ length: images }, (): number[] => []);
  for (const [trial, image] of trialImages.entries()) groups[image]!.push(trial);
  return groups;
}
