import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CountProgress } from '../../src/count-progress.js';
import { InputError } from '../../src/errors.js';
import { encodeNpy, type NpyData } from '../../src/formats/npy.js';
import { randomStream } from '../../src/network/random.js';
import { correlation } from '../../src/tuning/metrics.js';
import { BACKGROUND, IMAGE_PIXELS, IMAGE_SIDE } from './images.js';
import {
  CALIBRATION_IMAGES,
  createPopulation,
  drawTrial,
  type Population,
  sourceOf,
} from './population.js';
import { CONVENTIONS, type Truth } from './truth.js';

/** What determines a synthetic site, byte for byte. */
export interface SiteOptions {
  readonly site: string;
  readonly seed: number;
  readonly neurons: number;
  /** Training images, each presented once. */
  readonly images: number;
  /** Validation images, each presented `repeats` times. */
  readonly validation: number;
  readonly repeats: number;
  /** Whether the neurons are suppressed by their surround. */
  readonly surround: boolean;
  /** Whether images are in colour, and half of the neurons see differences of colours. */
  readonly colour?: boolean;
}

/** A site in memory, in the shapes of its files (row-major). */
export interface SyntheticSite {
  readonly trainImages: Uint8Array; // (images, 50, 50), in colour (images, 50, 50, 3)
  readonly trainResponses: Float32Array; // (images, neurons), single trials
  readonly validationImages: Uint8Array; // (validation, 50, 50), or (validation, 50, 50, 3)
  readonly validationResponses: Float32Array; // (validation, neurons), means of the repeats
  readonly validationRepeats: Float32Array; // (repeats, validation, neurons)
  readonly truth: Truth;
}

/**
 * Makes a site. Image i, and the responses to it, depend neither on the number of images nor on
 * the neurons that follow.
 * @param onProgress counts the images made so far, those for calibration among them
 */
export function synthesizeSite(
  options: SiteOptions,
  onProgress: CountProgress = () => {},
): SyntheticSite {
  const { seed, neurons: count, images, validation, repeats, colour = false } = options;
  const total = CALIBRATION_IMAGES + images + validation;
  let done = 0;
  const advance = () => onProgress(++done, total);
  const population = createPopulation(seed, count, options.surround, colour, advance);
  const drawImage = sourceOf(colour);
  const length = IMAGE_PIXELS * (colour ? 3 : 1);
  const clean = new Float64Array(count);

  const trainImages = new Uint8Array(images * length);
  const trainResponses = new Float32Array(images * count);
  for (let i = 0; i < images; i++) {
    const image = drawImage(seed, 'train', i);
    trainImages.set(image, i * length);
    population.respond(image, clean);
    const random = randomStream(seed, 'trial', 'train', i);
    for (let n = 0; n < count; n++) {
      trainResponses[i * count + n] = drawTrial(clean[n]!, population.neurons[n]!, random);
    }
    advance();
  }

  const validationImages = new Uint8Array(validation * length);
  const validationRepeats = new Float32Array(repeats * validation * count);
  const validationClean = new Float64Array(validation * count);
  for (let i = 0; i < validation; i++) {
    const image = drawImage(seed, 'validation', i);
    validationImages.set(image, i * length);
    population.respond(image, clean);
    validationClean.set(clean, i * count);
    for (let repeat = 0; repeat < repeats; repeat++) {
      const random = randomStream(seed, 'trial', 'validation', i, repeat);
      for (let n = 0; n < count; n++) {
        validationRepeats[(repeat * validation + i) * count + n] = drawTrial(
          clean[n]!,
          population.neurons[n]!,
          random,
        );
      }
    }
    advance();
  }

  const validationResponses = meanOfRepeats(validationRepeats, repeats);
  const truth = describe(options, population, validationClean, validationResponses);
  const responses = { trainResponses, validationResponses, validationRepeats };
  return { trainImages, validationImages, ...responses, truth };
}

/** The names of a site's files. */
function siteFiles(site: string) {
  return {
    trainImages: `train_img_${site}.npy`,
    trainResponses: `trainRsp_${site}.npy`,
    validationImages: `val_img_${site}.npy`,
    validationResponses: `valRsp_${site}.npy`,
    validationRepeats: `valRspRepeats_${site}.npy`,
    truth: 'truth.json',
  };
}

/**
 * Makes the folder, and checks that a site can be written there.
 * @throws InputError where one of the site's files is there already and `overwrite` is false
 */
export async function prepareFolder(
  folder: string,
  site: string,
  overwrite: boolean,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (overwrite) return;
  const present = new Set(await readdir(folder));
  const taken = Object.values(siteFiles(site)).find((file) => present.has(file));
  if (taken !== undefined) {
    throw new InputError(
      `${join(folder, taken)} is there already: choose another --out, or pass --force to overwrite it`,
    );
  }
}

/** Writes a site into an existing folder. The truth is written last: a folder that has it is complete. */
export async function writeSite(folder: string, site: SyntheticSite): Promise<void> {
  const { truth } = site;
  const { training, validation, repeats, channels } = truth.images;
  const size = [IMAGE_SIDE, IMAGE_SIDE, ...(channels === undefined ? [] : [channels])];
  const neurons = truth.neurons.length;
  const files = siteFiles(truth.site);
  const write = (file: string, data: NpyData, shape: readonly number[]) =>
    writeFile(join(folder, file), encodeNpy(data, shape));
  await write(files.trainImages, site.trainImages, [training, ...size]);
  await write(files.trainResponses, site.trainResponses, [training, neurons]);
  await write(files.validationImages, site.validationImages, [validation, ...size]);
  await write(files.validationResponses, site.validationResponses, [validation, neurons]);
  await write(files.validationRepeats, site.validationRepeats, [repeats, validation, neurons]);
  await writeFile(join(folder, files.truth), `${JSON.stringify(truth, null, 2)}\n`);
}

/** (repeats, ...) to (...). */
function meanOfRepeats(trials: Float32Array, repeats: number): Float32Array {
  const size = trials.length / repeats;
  return Float32Array.from({ length: size }, (_, i) => {
    let sum = 0;
    for (let repeat = 0; repeat < repeats; repeat++) sum += trials[repeat * size + i]!;
    return sum / repeats;
  });
}

function describe(
  options: SiteOptions,
  population: Population,
  clean: Float64Array,
  measured: Float32Array,
): Truth {
  const count = options.neurons;
  const column = (matrix: Float64Array | Float32Array, n: number) =>
    Float64Array.from({ length: options.validation }, (_, i) => matrix[i * count + n]!);
  return {
    formatVersion: 1,
    site: options.site,
    seed: options.seed,
    images: {
      height: IMAGE_SIDE,
      width: IMAGE_SIDE,
      ...(options.colour && { channels: 3 as const }),
      background: BACKGROUND,
      training: options.images,
      validation: options.validation,
      repeats: options.repeats,
    },
    conventions: CONVENTIONS,
    neurons: population.neurons.map((neuron, n) => ({
      ...neuron,
      noiseCeiling: correlation(column(clean, n), column(measured, n)) ?? 0,
    })),
  };
}
