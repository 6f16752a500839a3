import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeNpy, encodeNpy, type NpyData } from '../../src/formats/npy.js';
import { randomStream } from '../../src/network/random.js';
import type { DataRules } from '../../training/data/data-rules.js';
import { openSite } from '../../training/data/site.js';

/** Side of the images: the smallest that gives a centre hypercolumn a surround, 3x3 in all. */
export const SIDE = 24;

/**
 * Writes a site `small` of 24x24 images whose neurons respond to the brightness of the image: neuron 0
 * in proportion to its mean, neuron 1 to its reverse, neuron 2 with noise alone; further neurons
 * in proportion to it with noise.
 */
export async function writeSmallSite(folder: string, training = 200, validation = 50, neurons = 3) {
  await mkdir(folder, { recursive: true });
  for (const [split, count] of [
    ['train', training],
    ['val', validation],
  ] as const) {
    const random = randomStream(1, split);
    const noise = randomStream(1, split, 'noise');
    const images = new Uint8Array(count * SIDE * SIDE);
    const responses = new Float32Array(count * neurons);
    for (let image = 0; image < count; image++) {
      const bright = random.uniform();
      for (let i = 0; i < SIDE * SIDE; i++) {
        images[image * SIDE * SIDE + i] = 255 * (0.7 * bright + 0.3 * random.uniform());
      }
      responses.set([bright, 1 - bright, random.normal()], image * neurons);
      for (let neuron = 3; neuron < neurons; neuron++) {
        responses[image * neurons + neuron] = bright + 0.1 * noise.normal();
      }
    }
    const file = (prefix: string) => path.join(folder, `${prefix}_small.npy`);
    await writeFile(file(`${split}_img`), encodeNpy(images, [count, SIDE, SIDE]));
    await writeFile(file(`${split}Rsp`), encodeNpy(responses, [count, neurons]));
  }
}

/** A part of a recording: its first neurons and images. */
interface RecordingPart {
  readonly neurons: number;
  readonly training: number;
  readonly validation: number;
}

/**
 * Writes a site `small` of a part of the recording `v4s190923`, whose four files are in a folder.
 * @param recording the folder, such as data/v4-190923
 */
export async function writePartOfRecording(
  folder: string,
  recording: string,
  { neurons, training, validation }: RecordingPart,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const read = async (prefix: string) =>
    decodeNpy(await readFile(path.join(recording, `${prefix}_v4s190923.npy`)));
  for (const [split, count] of [
    ['train', training],
    ['val', validation],
  ] as const) {
    const images = await read(`${split}_img`);
    const [, ...size] = images.shape;
    const pixels = size.reduce((product, side) => product * side, count);
    const some = Uint8Array.from({ length: pixels }, (_, i) => Number(images.data[i]));
    await writeSiteFile(folder, `${split}_img`, some, [count, ...size]);
    const responses = await read(`${split}Rsp`);
    const all = responses.shape[1]!;
    const values = Float32Array.from({ length: count * neurons }, (_, i) => {
      const image = Math.floor(i / neurons);
      return Number(responses.data[image * all + (i % neurons)]);
    });
    await writeSiteFile(folder, `${split}Rsp`, values, [count, neurons]);
  }
}

/** Writes `{file}_small.npy`. */
export async function writeSiteFile(
  folder: string,
  file: string,
  data: NpyData,
  shape: readonly number[],
): Promise<void> {
  await writeFile(path.join(folder, `${file}_small.npy`), encodeNpy(data, shape));
}

/** The message with which the site `small` is rejected, without the path of the folder. */
export async function siteRejection(
  folder: string,
  rules: Partial<DataRules> = {},
): Promise<string> {
  const error = await openSite(folder, 'small', rules).then(
    () => new Error('it was opened'),
    (reason: Error) => reason,
  );
  return error.message.replaceAll(`${folder}/`, '');
}
