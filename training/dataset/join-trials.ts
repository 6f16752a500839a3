import path from 'node:path';
import type { Part } from '../../src/datasets/card.js';
import type { Trial } from '../../src/datasets/trial.js';
import {
  openTrials,
  TRIALS_FILE,
  TRIALS_FOLDER,
  type TrialLog,
} from '../../src/datasets/trials.js';
import { InputError } from '../../src/errors.js';
import type { UsedTrials } from '../../src/models/card.js';
import { stimulusDigest } from '../../src/stimulus/stimuli.js';
import { type Fingerprint, fingerprint, isNear } from '../ingest/images/near-images.js';
import type { OpenedDataset } from './open-dataset.js';
import { meanResponses } from './write-dataset.js';

/** What becomes of the trials in the folder of a dataset: they join its training images, replace them, or are left out. */
export type TrialUse = UsedTrials['use'] | 'none';

/** A dataset with its trials. */
export interface JoinedTrials {
  /** The dataset, whose new images are training images. */
  readonly dataset: OpenedDataset;
  /** Undefined where there are none. */
  readonly trials: UsedTrials | undefined;
  /** Of the log of trials, by its name. */
  readonly digests: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** Images that are read at a time. */
const BATCH = 500;

/**
 * Joins a dataset with the trials in its folder. Trials of a training image add to its mean; other images become
 * training images. Trials of images for validation or test, and of images that are nearly equal to one, are left out.
 * @throws InputError where the trials cannot be read, or are to be used alone and there are none
 */
export async function joinTrials(dataset: OpenedDataset, use: TrialUse): Promise<JoinedTrials> {
  const none = { dataset, trials: undefined, digests: {}, warnings: [] };
  if (use === 'none') return none;
  const log = await openTrials(dataset.folder);
  const valid = log.trials.filter((trial) => trial.valid);
  const { images, left } = await findImages(dataset, valid, log);
  const used = valid.filter(({ stimulus }) => images.has(stimulus));
  if (used.length === 0) {
    if (use === 'joined') return { ...none, warnings: [...log.warnings, ...left] };
    const why = log.count === 0 ? '' : `, of ${log.count}, that can be trained on`;
    throw new InputError(
      `${dataset.folder} has no trials${why}; expected some; add them first, or train on the ` +
        'images of the dataset too (without --only-trials, or with the trials joined over HTTP)',
    );
  }
  const count = dataset.parts.length;
  const added = [...images].filter(([, image]) => image >= count).map(([stimulus]) => stimulus);
  const name = path.posix.join(TRIALS_FOLDER, TRIALS_FILE);
  return {
    dataset: {
      ...dataset,
      images: await appendImages(dataset, added, log),
      ...(await joinResponses(dataset, used, images, added.length, use)),
    },
    trials: { use, count: used.length, newImages: added.length, digest: log.digest() },
    digests: { [use === 'alone' ? `${name} alone` : name]: log.digest() },
    warnings: [...log.warnings, ...left],
  };
}

/**
 * The places of the images of trials: those in the dataset, and then the new ones in the order of their first trials.
 * @returns only images that may be trained on; and a warning about the trials of the others
 */
async function findImages(dataset: OpenedDataset, trials: readonly Trial[], log: TrialLog) {
  const images = new Map<string, number>();
  if (trials.length === 0) return { images, left: [] };
  const { known, kept } = await surveyImages(dataset);
  let next = dataset.parts.length;
  for (const stimulus of new Set(trials.map((trial) => trial.stimulus))) {
    const image = known.get(stimulus);
    if (image !== undefined) {
      if (dataset.parts[image] === 'train') images.set(stimulus, image);
      continue;
    }
    const print = fingerprint(await log.pixels(stimulus), dataset.card.images);
    if (kept.some((other) => isNear(print, other))) continue;
    images.set(stimulus, next);
    next += 1;
  }
  const left = trials.filter(({ stimulus }) => !images.has(stimulus)).length;
  if (left === 0) return { images, left: [] };
  return {
    images,
    left: [
      `${left} trials are left out: their images are for validation or test, or nearly equal to one of these`,
    ],
  };
}

/** The digests of the images of a dataset, and summaries of those that must not be trained on. */
async function surveyImages(dataset: OpenedDataset) {
  const { images, parts } = dataset;
  const { height, width, channels, white } = dataset.card.images;
  const size = height * width * channels;
  const known = new Map<string, number>();
  const kept: Fingerprint[] = [];
  for (let first = 0; first < parts.length; first += BATCH) {
    const length = Math.min(BATCH, parts.length - first);
    const values = await images.rows(Array.from({ length }, (_, i) => first + i));
    for (let i = 0; i < length; i++) {
      const own = values.subarray(i * size, (i + 1) * size);
      const pixels = Float32Array.from(own, (value) => value / white);
      known.set(stimulusDigest({ height, width, channels, pixels }), first + i);
      if (parts[first + i] !== 'train') kept.push(fingerprint(pixels, dataset.card.images));
    }
  }
  return { known, kept };
}

/** The images of the dataset with new ones after them, on the scale of the dataset. */
async function appendImages(
  { images, card, parts }: OpenedDataset,
  added: readonly string[],
  log: TrialLog,
): Promise<OpenedDataset['images']> {
  const { height, width, channels, white } = card.images;
  const size = height * width * channels;
  const pixels: Float32Array[] = [];
  for (const stimulus of added) pixels.push(await log.pixels(stimulus));
  return {
    ...images,
    shape: [parts.length + added.length, ...images.shape.slice(1)],
    async rows(indices) {
      const all = Array.from(indices);
      const old = await images.rows(all.filter((index) => index < parts.length));
      if (old.length === all.length * size) return old;
      // In double precision, so that the division by white gives the same 32 bits again.
      const values = new Float64Array(all.length * size);
      let place = 0;
      for (const [i, index] of all.entries()) {
        const own = pixels[index - parts.length];
        if (own === undefined) {
          values.set(old.subarray(place, place + size), i * size);
          place += size;
        } else
          values.set(
            Float64Array.from(own, (pixel) => pixel * white),
            i * size,
          );
      }
      return values;
    },
  };
}

/** The means over old and new trials, and the parts of the images. */
async function joinResponses(
  { card, parts, responses, trials, trialImages }: OpenedDataset,
  used: readonly Trial[],
  images: ReadonlyMap<string, number>,
  added: number,
  use: UsedTrials['use'],
): Promise<Pick<OpenedDataset, 'responses' | 'parts'>> {
  const [neurons, count] = [card.neurons.length, parts.length + added];
  const touched = new Set(images.values());
  const old =
    use === 'alone' ? [] : [...trialImages.keys()].filter((i) => touched.has(trialImages[i]!));
  const values = new Float32Array((old.length + used.length) * neurons).fill(Number.NaN);
  values.set(await trials.rows(old));
  for (const [i, trial] of used.entries()) {
    for (const [column, id] of trial.neurons.entries()) {
      values[(old.length + i) * neurons + id] = trial.responses[column] ?? Number.NaN;
    }
  }
  const places = Int32Array.from([
    ...old.map((i) => trialImages[i]!),
    ...used.map(({ stimulus }) => images.get(stimulus)!),
  ]);
  const means = meanResponses(values, places, count, neurons);
  const joined = new Float32Array(count * neurons);
  joined.set(responses);
  for (const image of touched) {
    joined.set(means.subarray(image * neurons, (image + 1) * neurons), image * neurons);
  }
  // What is neither for training nor for validation is not used.
  const isUnused = (part: Part, image: number) =>
    use === 'alone' && part === 'train' && !touched.has(image);
  return {
    responses: joined,
    parts: [
      ...parts.map((part, image) => (isUnused(part, image) ? ('test' as const) : part)),
      ...Array.from({ length: added }, () => 'train' as const),
    ],
  };
}
