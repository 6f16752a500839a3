import path from 'node:path';
import { DATASET_CARD_FILE, DATASET_FILES, type Part } from '../../src/datasets/card.js';
import { InputError } from '../../src/errors.js';
import { type DataRules, STRICT } from '../data/data-rules.js';
import { checkResponses, type SurveyedRecording, surveyRecording } from '../data/recording.js';
import { type Repeats, toRepeats } from '../data/repeats-file.js';
import { checkScored, compareParts, type Site, type SurveyedValidation } from '../data/site.js';
import { joinTrials, type TrialUse } from './join-trials.js';
import { type OpenedDataset, openDataset } from './open-dataset.js';
import { publishedDigests } from './write-published.js';

/** What a dataset says beyond its images and responses. */
interface Described {
  /** The trials of the validation images; null where each has one. */
  readonly repeats: Repeats | null;
  /** Of the responses. */
  readonly unit: string;
  readonly degreesPerImage: number | null;
}

/**
 * Opens a dataset as a site, to train on it. Images stay on disk.
 * @param folder that `ingest` made
 * @param given what is accepted that is rejected by default
 * @param use what becomes of the trials in its folder
 * @throws InputError naming the file and what is wrong with it
 */
export async function openDatasetSite(
  folder: string,
  given: Partial<DataRules>,
  use: TrialUse = 'joined',
): Promise<Described & { readonly site: Site; readonly trainingTrials: number }> {
  return await opening(folder, given, async (opened, rules) => {
    const { dataset, trials, ...joined } = await joinTrials(opened, use);
    const training = await surveyPart(dataset, 'train', rules);
    const validation = await surveyPart(dataset, 'validation', rules);
    const names = [nameOf(dataset, 'train'), nameOf(dataset, 'validation')] as const;
    const compared = compareParts(training, validation, names, rules);
    const repeats = await readRepeats(dataset, validation);
    const { digests, ...own } = siteOf(dataset);
    const site = {
      ...{ ...own, training, validation, white: null, ...compared, trials },
      monitor: dataset.card.images.monitor,
      digests: { ...digests, ...joined.digests },
      warnings: [...joined.warnings, ...compared.warnings],
    };
    const trainingTrials = use === 'alone' ? 1 : countTrials(opened);
    return { site, repeats, ...describe(dataset), trainingTrials };
  });
}

/**
 * Opens the validation images of a dataset, and the responses to them.
 * @throws InputError as `openDatasetSite`
 */
export async function openDatasetValidation(
  folder: string,
  given: Partial<DataRules>,
): Promise<Described & { readonly site: SurveyedValidation }> {
  return await opening(folder, given, async (dataset, rules) => {
    const validation = await surveyPart(dataset, 'validation', rules);
    const warnings = checkScored(validation, rules);
    const repeats = await readRepeats(dataset, validation);
    const published = await publishedDigests(dataset);
    const site = { ...siteOf(dataset), validation, warnings, published };
    return { site, repeats, ...describe(dataset) };
  });
}

/** Trials that a training image has: the median of those of the dataset. */
function countTrials({ parts, trialImages }: OpenedDataset): number {
  const counts = new Uint32Array(parts.length);
  for (const image of trialImages) counts[image]! += 1;
  const own = counts.filter((_, image) => parts[image] === 'train').toSorted();
  return own[Math.floor(own.length / 2)]!;
}

/** Closes the dataset where it cannot be read. */
async function opening<T>(
  folder: string,
  given: Partial<DataRules>,
  read: (dataset: OpenedDataset, rules: DataRules) => Promise<T>,
): Promise<T> {
  const rules = { ...STRICT, ...given };
  const dataset = await openDataset(folder);
  try {
    checkUse(dataset, rules);
    return await read(dataset, rules);
  } catch (error) {
    await dataset.close();
    throw error;
  }
}

function checkUse({ card }: OpenedDataset, { white }: DataRules): void {
  if (white === null) return;
  throw new InputError(
    `--white ${white} is given with a dataset, whose card has ${card.images.white} for white; ` +
      'expected --white with --site alone: to change it, make the dataset again with ingest --white',
  );
}

function siteOf({ card, digest, close }: OpenedDataset): Pick<Site, 'name' | 'digests' | 'close'> {
  return { name: card.name, digests: { [DATASET_CARD_FILE]: digest, ...card.files }, close };
}

function describe({ card }: OpenedDataset): Pick<Described, 'unit' | 'degreesPerImage'> {
  return { unit: card.responses.unit, degreesPerImage: card.images.degreesPerImage };
}

const WORDS: Readonly<Record<Part, string>> = {
  train: 'training',
  validation: 'validation',
  test: 'test',
};

function nameOf({ folder }: OpenedDataset, part: Part): string {
  return `the ${WORDS[part]} images of ${path.join(folder, DATASET_FILES.images)}`;
}

/** The places in the dataset of the images of a part, in order. */
function imagesOf({ parts }: OpenedDataset, part: Part): number[] {
  return parts.flatMap((each, image) => (each === part ? [image] : []));
}

async function surveyPart(
  dataset: OpenedDataset,
  part: Part,
  rules: DataRules,
): Promise<SurveyedRecording> {
  const { folder, card, images } = dataset;
  const chosen = imagesOf(dataset, part);
  if (chosen.length === 0) {
    throw new InputError(
      `${folder} holds no ${WORDS[part]} images; expected some: make the dataset again with another ` +
        '--validation or --min-repeats of ingest',
    );
  }
  const neurons = card.neurons.length;
  const responses = Float32Array.from({ length: chosen.length * neurons }, (_, i) => {
    return dataset.responses[chosen[Math.floor(i / neurons)]! * neurons + (i % neurons)]!;
  });
  const responseFile = `the ${WORDS[part]} images in ${path.join(folder, DATASET_FILES.responses)}`;
  checkResponses(responseFile, responses, neurons);
  const rows = (indices: ArrayLike<number>) =>
    images.rows(Array.from(indices, (index) => chosen[index]!));
  const own = { ...images, shape: [chosen.length, ...images.shape.slice(1)], rows };
  return await surveyRecording(
    nameOf(dataset, part),
    { ...own, white: card.images.white },
    { neurons, responses, responseFile },
    rules,
  );
}

/** The trials of the validation images, [repeats, images, neurons] with NaN for those that are missing. */
async function readRepeats(
  dataset: OpenedDataset,
  validation: SurveyedRecording,
): Promise<Repeats | null> {
  const { neurons, count } = validation;
  const rowOf = new Map(imagesOf(dataset, 'validation').map((image, row) => [image, row]));
  const trials = Array.from(dataset.trialImages.keys()).filter((trial) =>
    rowOf.has(dataset.trialImages[trial]!),
  );
  const presented = new Uint32Array(count);
  const places = trials.map((trial) => {
    const row = rowOf.get(dataset.trialImages[trial]!)!;
    return { row, repeat: presented[row]!++ };
  });
  const repeats = presented.reduce((most, each) => Math.max(most, each), 0);
  if (repeats < 2) return null;
  const values = await dataset.trials.rows(trials);
  const data = new Float32Array(repeats * count * neurons).fill(Number.NaN);
  for (const [i, { row, repeat }] of places.entries()) {
    data.set(values.subarray(i * neurons, (i + 1) * neurons), (repeat * count + row) * neurons);
  }
  try {
    return toRepeats({ shape: [repeats, count, neurons], data }, validation);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const file = path.join(dataset.folder, DATASET_FILES.trials);
    throw new InputError(`${file}: ${error.message}`, error.problems, { cause: error });
  }
}
