import path from 'node:path';
import { InputError, StoreFullError } from '../errors.js';
import { mapConcurrently } from '../files/map-concurrently.js';
import { sha256 } from '../files/whole-file.js';
import { imageAxes, stimulusDigest } from '../stimulus/stimuli.js';
import type { DatasetCard } from './card.js';
import { readDatasetCard } from './read-card.js';
import type { NewTrial, Trial } from './trial.js';
import { openTrialImages } from './trial-images.js';
import { openTrialLines, type TrialLine, trialLine } from './trial-lines.js';
import { findSeconds, formatWindow } from './window.js';

/** The folder within that of a dataset, and the file in it, that hold its trials. */
export const TRIALS_FOLDER = 'trials';
export const TRIALS_FILE = 'trials.ndjson';

/** Most trials of a dataset, and of one append. */
const MAX_TRIALS = 1_000_000;
const MAX_APPENDED = 10_000;
/** Times that lines are written until they are found in the file. */
const MAX_ATTEMPTS = 3;
/** Images that are written at the same time. */
const AT_ONCE = 8;

/** What an append did. */
export interface Appended {
  readonly added: number;
  /** Trials that were there already. */
  readonly repeated: number;
}

/** The trials that a dataset has been given since it was made. The dataset itself, and its digest, stay. */
export interface TrialLog {
  /** Trials that are on the disk, as far as they have been read. */
  readonly count: number;
  /** In the order in which they came. */
  readonly trials: readonly Trial[];
  /** Of the trials and their order; the same for all processes that have read the same. */
  digest(): string;
  /** Lines of the file that are left out, because they are incomplete or damaged. */
  readonly warnings: readonly string[];
  /**
   * Keeps trials; all of them, or none where one is rejected. Resolves when they are on the disk.
   * @throws InputError naming the first trial that does not fit the dataset, that has the id of another one, or whose
   *   image is missing
   * @throws StoreFullError where there are too many
   * @throws DiskError
   * @example
   * const log = await openTrials('data/tang');
   * await log.append([{ trial, image }]); // { added: 1, repeated: 0 }
   * await log.append([{ trial, image }]); // { added: 0, repeated: 1 }
   */
  append(trials: readonly NewTrial[]): Promise<Appended>;
  /** The pixels of the stimulus of a trial, 0 to 1, row-major. @throws InputError where its file is damaged */
  pixels(stimulus: string): Promise<Float32Array>;
}

/**
 * Opens the trials of a dataset; there may be none yet.
 * @param folder of the dataset
 * @throws InputError where there is no dataset
 */
export async function openTrials(folder: string): Promise<TrialLog> {
  const { card } = await readDatasetCard(folder);
  const place = path.join(folder, TRIALS_FOLDER);
  const images = await openTrialImages(path.join(place, 'images'), card.images);
  const file = openTrialLines(path.join(place, TRIALS_FILE));
  const trials: Trial[] = [];
  const sums = new Map<string, string>();
  const warnings: string[] = [];
  let digest = sha256('');
  /** Appends come one after the other. */
  let line: Promise<unknown> = Promise.resolve();
  await refresh();

  return {
    get count() {
      return trials.length;
    },
    trials,
    warnings,
    digest: () => digest,
    append(added) {
      const done = line.then(() => append(added));
      line = done.catch(() => undefined);
      return done;
    },
    pixels: (stimulus) => images.read(stimulus),
  };

  async function append(given: readonly NewTrial[]): Promise<Appended> {
    if (given.length > MAX_APPENDED) {
      throw new InputError(
        `too many trials at once: ${given.length}; expected at most ${MAX_APPENDED}`,
      );
    }
    await refresh();
    const added = chooseNew(given);
    if (trials.length + added.size > MAX_TRIALS) {
      throw new StoreFullError(
        `the dataset has ${trials.length} trials, and ${added.size} more are too many; expected at most ` +
          `${MAX_TRIALS} in all: make a new dataset`,
      );
    }
    const unsaved = new Map(
      [...added.values()].flatMap(({ trial, image }) =>
        image === undefined || images.has(trial.stimulus) ? [] : [[trial.stimulus, image] as const],
      ),
    );
    await mapConcurrently([...unsaved], AT_ONCE, ([stimulus, image]) =>
      images.save(stimulus, image),
    );
    let unkept = [...added.values()].map(({ trial }) => trialLine(trial));
    for (let attempt = 0; unkept.length > 0; attempt++) {
      if (attempt === MAX_ATTEMPTS) throw new Error(`${unkept.length} trials were not kept`);
      await file.append(unkept);
      await refresh();
      // Another process may have written into the midst of these lines.
      unkept = unkept.filter(({ trial }) => !sums.has(trial.id));
    }
    return { added: added.size, repeated: given.length - added.size };
  }

  /** The trials that are not there yet, by their ids. */
  function chooseNew(given: readonly NewTrial[]): Map<string, NewTrial> {
    const added = new Map<string, NewTrial>();
    const arriving = new Set<string>();
    for (const [i, { trial, image }] of given.entries()) {
      checkTrial(trial, i, card);
      checkImage(trial, i, image, card, images.has(trial.stimulus) || arriving.has(trial.stimulus));
      arriving.add(trial.stimulus);
      const earlier = added.get(trial.id);
      const sum = sums.get(trial.id) ?? (earlier && trialLine(earlier.trial).sha256);
      if (sum === undefined) added.set(trial.id, { trial, image });
      else if (sum !== trialLine(trial).sha256) {
        throw trialError(i, 'id', `another trial has the id ${trial.id}; expected a new id`);
      }
    }
    return added;
  }

  async function refresh(): Promise<void> {
    const { lines, damaged } = await file.readNew();
    for (const each of lines) add(each);
    for (const number of damaged) {
      const name = path.join(place, TRIALS_FILE);
      const warning = `${name}: line ${number} is left out: it is incomplete, as a process leaves it that is killed, or damaged`;
      if (!warnings.includes(warning)) warnings.push(warning);
    }
  }

  function add({ trial, sha256: sum }: TrialLine): void {
    // Of two processes that append the same trial at the same time, the first one counts.
    if (sums.has(trial.id)) return;
    sums.set(trial.id, sum);
    trials.push(trial);
    digest = sha256(digest + sum);
  }
}

/** @throws InputError where a trial is of other neurons, or its responses are in another unit or window, or in seconds */
function checkTrial(trial: Trial, place: number, { neurons, responses }: DatasetCard): void {
  const unknown = trial.neurons.find((id) => id >= neurons.length);
  if (unknown !== undefined) {
    throw trialError(
      place,
      'neurons',
      `unknown neuron: ${unknown}; expected ids from 0 to ${neurons.length - 1}, as in the dataset`,
    );
  }
  if (trial.unit !== responses.unit) {
    throw trialError(
      place,
      'unit',
      `another unit: ${trial.unit}; expected ${responses.unit}, as in the dataset`,
    );
  }
  const [own, wanted] = [trial.window, responses.window];
  if (own && wanted && (own.from !== wanted.from || own.to !== wanted.to)) {
    throw trialError(
      place,
      'window',
      `another window: ${formatWindow(own)}; expected ${formatWindow(wanted)}, as in the dataset`,
    );
  }
  const [seconds] = wanted === null ? findSeconds({ window: own }) : [];
  if (seconds !== undefined) throw trialError(place, 'window', `the window ${seconds.text}`);
}

/** @throws InputError where an image is missing, of another size, or not the one that the trial names */
function checkImage(
  { stimulus }: Trial,
  place: number,
  image: NewTrial['image'],
  { images }: DatasetCard,
  isKnown: boolean,
): void {
  if (image === undefined) {
    if (isKnown) return;
    throw trialError(
      place,
      'stimulus',
      `unknown image: ${stimulus}; expected its pixels with the first trial that has it`,
    );
  }
  const [own, expected] = [image, images].map((each) => imageAxes(each).join('x'));
  if (own !== expected) {
    throw trialError(
      place,
      'stimulus',
      `an image of ${own}; expected ${expected}, as in the dataset`,
    );
  }
  const digest = stimulusDigest(image);
  if (digest === stimulus) return;
  throw trialError(place, 'stimulus', `the image has the digest ${digest}; expected ${stimulus}`);
}

function trialError(place: number, field: keyof Trial, message: string): InputError {
  return new InputError(`trial ${place}: ${message}`, [
    { path: `trials[${place}].${field}`, message },
  ]);
}
