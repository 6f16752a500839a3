import { createHash } from 'node:crypto';
import path from 'node:path';
import { imagesShape, type Part } from '../../src/datasets/card.js';
import { InputError } from '../../src/errors.js';
import { encodeNpyHeader, type NpyData } from '../../src/formats/npy.js';
import type { Signals } from '../run/interruption.js';
import { createNpyWriter, type NpyWriter } from './npy-writer.js';
import type { OpenedDataset } from './open-dataset.js';
import { writeWholeFolder } from './whole-folder.js';
import { checkTrials, meanResponses, type NewDataset } from './write-dataset.js';

/** The prefixes of the files of a part. */
const PREFIXES = {
  train: { images: 'train_img', responses: 'trainRsp' },
  validation: { images: 'val_img', responses: 'valRsp' },
} as const;
type PublishedPart = keyof typeof PREFIXES;
const PUBLISHED: readonly PublishedPart[] = ['train', 'validation'];

/**
 * Writes the files of the published networks, whole or not at all: `train_img_{site}.npy`, `trainRsp_`, `val_img_`,
 * `valRsp_`, and `valRspRepeats_` (repeats, images, neurons; NaN where there are fewer). Images for test are left out.
 * @param folder must not exist, or have nothing in it; its name is the site
 * @param signals of this process: SIGINT and SIGTERM remove what is unfinished and end it
 * @throws InputError where there is something already, or a part has no images
 */
export async function writePublished(
  folder: string,
  dataset: NewDataset,
  signals?: Signals,
): Promise<void> {
  checkTrials(dataset);
  for (const part of PUBLISHED) {
    if (dataset.parts.includes(part)) continue;
    throw new InputError(
      `there are no ${part} images; expected some of both parts: see --validation`,
    );
  }
  const site = path.basename(path.resolve(folder));
  const write = async (temporary: string) => {
    const create = (prefix: string, sample: NpyData, shape: readonly number[]) =>
      createNpyWriter(path.join(temporary, `${prefix}_${site}.npy`), sample, shape);
    await writeImages(dataset, create);
    await writeResponses(dataset, create);
  };
  await writeWholeFolder(folder, write, signals);
}

/** Images that are read at a time. */
const BLOCK = 256;

/**
 * The SHA-256 of the validation files that `writePublished` makes of a dataset, by their names, without writing them: a
 * model that was trained on those files has them on its card.
 */
export async function publishedDigests({
  card,
  images,
  parts,
  responses,
}: OpenedDataset): Promise<Record<string, string>> {
  const rows = parts.flatMap((part, image) => (part === 'validation' ? [image] : []));
  const [, ...size] = imagesShape(card.images);
  const neurons = card.neurons.length;
  const pixels = createHash('sha256');
  for (let first = 0; first < rows.length; first += BLOCK) {
    const block = await images.rows(rows.slice(first, first + BLOCK));
    if (first === 0) pixels.update(encodeNpyHeader(block, [rows.length, ...size]));
    pixels.update(new Uint8Array(block.buffer, block.byteOffset, block.byteLength));
  }
  const values = createHash('sha256').update(encodeNpyHeader(responses, [rows.length, neurons]));
  for (const row of rows) {
    const own = responses.subarray(row * neurons, (row + 1) * neurons);
    values.update(new Uint8Array(own.buffer, own.byteOffset, own.byteLength));
  }
  const { images: image, responses: response } = PREFIXES.validation;
  return { [image]: pixels.digest('hex'), [response]: values.digest('hex') };
}

type Create = (prefix: string, sample: NpyData, shape: readonly number[]) => Promise<NpyWriter>;

async function writeImages({ card, images, parts }: NewDataset, create: Create): Promise<void> {
  const [, ...size] = imagesShape(card.images);
  const pixels = size.reduce((product, length) => product * length, 1);
  const writers = new Map<Part, NpyWriter>();
  let index = 0;
  try {
    for await (const block of images) {
      for (let i = 0; i < block.length / pixels; i++, index++) {
        const part = PUBLISHED.find((each) => each === parts[index]);
        if (part === undefined) continue;
        const own = block.subarray(i * pixels, (i + 1) * pixels);
        let writer = writers.get(part);
        if (writer === undefined) {
          const shape = [countOf(parts, part), ...size];
          writer = await create(PREFIXES[part].images, own, shape);
          writers.set(part, writer);
        }
        await writer.append(own);
      }
    }
    for (const writer of writers.values()) await writer.finish();
  } finally {
    for (const writer of writers.values()) await writer.close();
  }
}

async function writeResponses(dataset: NewDataset, create: Create): Promise<void> {
  const { card, parts, trials, trialImages } = dataset;
  const neurons = card.neurons.length;
  const means = meanResponses(trials, trialImages, parts.length, neurons);
  for (const part of PUBLISHED) {
    const rows = parts.flatMap((each, image) => (each === part ? [image] : []));
    const values = new Float32Array(rows.length * neurons);
    for (const [row, image] of rows.entries()) {
      values.set(means.subarray(image * neurons, (image + 1) * neurons), row * neurons);
    }
    await writeArray(create, PREFIXES[part].responses, values, [rows.length, neurons]);
  }
  const { values, shape } = repeatsOf(dataset);
  if (shape[0]! > 1) await writeArray(create, 'valRspRepeats', values, shape);
}

async function writeArray(
  create: Create,
  prefix: string,
  values: NpyData,
  shape: readonly number[],
): Promise<void> {
  const writer = await create(prefix, values, shape);
  try {
    await writer.append(values);
    await writer.finish();
  } finally {
    await writer.close();
  }
}

/** The trials of the validation images: (repeats, images, neurons). */
function repeatsOf({ card, parts, trials, trialImages }: NewDataset) {
  const neurons = card.neurons.length;
  const rows = new Map<number, number>();
  for (const [image, part] of parts.entries())
    if (part === 'validation') rows.set(image, rows.size);
  const seen = new Uint32Array(rows.size);
  const places = Array.from(trialImages, (image) => {
    const row = rows.get(image);
    return row === undefined ? undefined : { row, repeat: seen[row]!++ };
  });
  const repeats = seen.reduce((most, each) => Math.max(most, each), 0);
  const values = new Float32Array(repeats * rows.size * neurons).fill(Number.NaN);
  for (const [trial, place] of places.entries()) {
    if (place === undefined) continue;
    const own = trials.subarray(trial * neurons, (trial + 1) * neurons);
    values.set(own, (place.repeat * rows.size + place.row) * neurons);
  }
  return { values, shape: [repeats, rows.size, neurons] };
}

function countOf(parts: readonly Part[], part: Part): number {
  return parts.filter((each) => each === part).length;
}
