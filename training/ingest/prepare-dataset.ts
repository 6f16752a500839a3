import { findSeconds } from '../../src/datasets/window.js';
import { InputError } from '../../src/errors.js';
import { chooseSources, type SourceNames, type Sources } from './choose-sources.js';
import { type DistinctImage, surveyImages } from './images/survey.js';
import { createTransform, type Transform, type TransformOptions } from './images/transform.js';
import { chooseScale, type Scale } from './images/white.js';
import type { ImageSource, LabFile, Tier } from './lab-file.js';
import { readTrials, type TrialOptions, type TrialResponses } from './responses/read-trials.js';
import { type KeptNeuron, type NeuronLimits, selectNeurons } from './select-neurons.js';
import { type SplitRules, splitImages } from './split.js';
import { tiersOf, unusedSplitNotes } from './split-source.js';

/** What a person may say about a recording; all of it may be left out. */
export interface IngestOptions {
  readonly names: SourceNames;
  readonly times: TrialOptions;
  readonly transform: TransformOptions;
  readonly scale: { readonly black?: number | undefined; readonly white?: number | undefined };
  readonly neurons: NeuronLimits;
  readonly split: SplitRules;
  /** Whether blank screens stay. */
  readonly keepBlanks: boolean;
}

/** What is not in a dataset, and why. */
export interface Dropped {
  readonly reason: string;
  readonly count: number;
}

/** A recording as it is to be written: everything but the pixels, which are read again. */
export interface PreparedDataset {
  readonly sources: Sources;
  readonly transform: Transform;
  readonly scale: Scale;
  /** In the order of the recording. */
  readonly images: readonly (DistinctImage & { readonly part: Tier })[];
  readonly neurons: readonly KeptNeuron[];
  /** Index of the image of each trial. */
  readonly trialImage: Int32Array;
  /** [trials, neurons]; NaN where it was not measured. */
  readonly trials: Float32Array;
  readonly responses: Pick<TrialResponses, 'unit' | 'window' | 'baseline' | 'firstImage'>;
  readonly splitRule: string;
  readonly dropped: readonly Dropped[];
  /** What a person should know before the data are used, in whole sentences. */
  readonly notes: readonly string[];
}

/** What is being done, for a progress bar. */
export type ReportStep = (step: 'responses' | 'images', done: number, total: number) => void;

/**
 * Makes images x neurons of a recording: chooses what belongs together, turns trials into numbers, finds repeats by the
 * pixels, leaves out what is blank or was not measured, and divides the images.
 * @throws InputError saying what cannot be used, and what to do
 */
export async function prepareDataset(
  file: LabFile,
  options: IngestOptions,
  report: ReportStep,
): Promise<PreparedDataset> {
  const sources = chooseSources(file, options.names);
  checkSize(sources.images);
  const transform = createTransform(sources.images, options.transform);
  const read = await readTrials(sources, options.times, (done, total) =>
    report('responses', done, total),
  );
  const seconds = findSeconds(read).map(({ name, text }) => `${name} ${text}`);
  const { split: divided } = sources;
  const { count } = sources.images;
  const tiers = divided ? await tiersOf(divided, read.image, count) : read.tier;
  const notes = tiers ? [] : unusedSplitNotes(file.splits ?? [], read.image, count);
  const presented = new Set(read.image);
  const { distinct, places, range } = await surveyImages(
    sources.images,
    transform,
    (index) => presented.has(index),
    (done) => report('images', done, count),
  );
  const dropped: Dropped[] = [];
  const drop = (reason: string, count: number) => {
    if (count > 0) dropped.push({ reason, count });
  };
  const total = sources.responses.neurons;
  const isBlank = (trial: number) => {
    const index = read.image[trial]!;
    return index === -1 || (!options.keepBlanks && distinct[places[index]!]!.isBlank);
  };
  const isMeasured = (trial: number) =>
    read.values.subarray(trial * total, (trial + 1) * total).some((value) => !Number.isNaN(value));
  const all = Array.from(read.image, (_, trial) => trial);
  const pictures = all.filter((trial) => !isBlank(trial));
  const measured = pictures.filter(isMeasured);
  drop('trials with a blank screen', all.length - pictures.length);
  drop('trials in which no neuron was measured', pictures.length - measured.length);
  if (measured.length === 0) {
    throw new InputError(
      `no trial is left of ${all.length}: ${dropped.map((each) => `${each.count} ${each.reason}`).join(', ')}; ` +
        `expected some: see --window, --presentations and --keep-blanks${seconds.map((text) => `; the ${text}`).join('')}`,
    );
  }
  const trialsOf = distinct.map((): number[] => []);
  for (const trial of measured) trialsOf[places[read.image[trial]!]!]!.push(trial);
  const neurons = selectNeurons(
    sources.responses,
    { values: read.values, trialsOf },
    options.neurons,
  );
  for (const [reason, count] of Object.entries(neurons.dropped)) drop(reason, count);
  const used = distinct.flatMap((image, place) => {
    const trials = trialsOf[place]!;
    return trials.length === 0 ? [] : [{ ...image, trials, tier: tierOf(trials, tiers) }];
  });
  const split = splitImages(
    used.map((image) => ({ ...image, trials: image.trials.length })),
    options.split,
    divided?.name,
  );
  drop('training images that are nearly equal to one for validation', split.near);
  const images = used.flatMap((image, index) => {
    const part = split.parts[index]!;
    return part === null ? [] : [{ ...image, part }];
  });
  const scale = chooseScale(sources.images.element, range, options.scale);
  const order = images.flatMap(({ trials }, image) => trials.map((trial) => ({ trial, image })));
  order.sort((a, b) => a.trial - b.trial);
  const columns = neurons.kept.map(({ column }) => column);
  const chosen = order.map(({ trial }) => trial);
  return {
    ...{ sources, transform, scale, images, neurons: neurons.kept, dropped },
    trialImage: Int32Array.from(order, ({ image }) => image),
    trials: compact(read.values, total, chosen, columns),
    responses: read,
    splitRule: split.rule,
    notes: [...seconds.map((text) => `The ${text}.`), ...file.notes, ...read.notes, ...notes],
  };
}

/** Numbers of one image at most. */
const MAX_PIXELS = 2 ** 26;

function checkSize({ name, height, width, channels }: ImageSource): void {
  if (height * width * channels <= MAX_PIXELS) return;
  throw new InputError(
    `the images of ${name} are too large: ${height}x${width}, ${channels} channels; expected at most ${MAX_PIXELS} ` +
      'numbers in an image',
  );
}

/**
 * Moves some rows and columns, both ascending, to the front of a matrix, which may be most of the memory.
 * @param values [rows, width], overwritten
 * @returns [chosen rows, chosen columns] in the same memory
 */
function compact(
  values: Float32Array,
  width: number,
  rows: readonly number[],
  columns: readonly number[],
): Float32Array {
  let place = 0;
  for (const row of rows) {
    for (const column of columns) values[place++] = values[row * width + column]!;
  }
  return values.subarray(0, place);
}

/** An image of which some trials are for validation, or for test, is not trained on. */
function tierOf(trials: readonly number[], tiers: TrialResponses['tier']): Tier | undefined {
  if (tiers === undefined) return undefined;
  const own = new Set(trials.map((trial) => tiers[trial]!));
  return own.has('test') ? 'test' : own.has('validation') ? 'validation' : 'train';
}
