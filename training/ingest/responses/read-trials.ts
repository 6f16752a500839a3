import { formatWindow, type Window } from '../../../src/datasets/window.js';
import { InputError } from '../../../src/errors.js';
import type { Sources } from '../choose-sources.js';
import type { Presentations, ResponseSource, Tier } from '../lab-file.js';
import { averageTraces } from './average-traces.js';
import { countSpikes } from './count-spikes.js';
import { SPIKE_WINDOW, TRACE_BASELINE, TRACE_WINDOW } from './window.js';

/** How presentations are read, and which times around the onset of an image count. */
export interface TrialOptions {
  /** The number of the first image, where a person says it. */
  readonly firstImage: 0 | 1 | undefined;
  readonly window: Window | undefined;
  /** `none`: nothing is subtracted. */
  readonly baseline: Window | 'none' | undefined;
}

/** The response of each neuron in each trial. */
export interface TrialResponses {
  /** Index of the image of each trial; -1 for a blank screen. */
  readonly image: Int32Array;
  readonly tier: readonly Tier[] | undefined;
  /** [trials, neurons]; NaN where it was not measured. */
  readonly values: Float32Array;
  readonly unit: string;
  readonly window: Window | null;
  readonly baseline: Window | null;
  /** The number of the first image, where it was guessed, or a person said it. */
  readonly firstImage: 0 | 1 | undefined;
  /** What a person should know of them, in whole sentences. */
  readonly notes: readonly string[];
}

/** Rows that are read at a time. */
const BLOCK = 4096;

/**
 * Reads the responses of all neurons by trial, each as one number.
 * @param report is called with what is done, of `total`
 * @throws InputError where the presentations do not fit the responses or the images
 */
export async function readTrials(
  { images, responses, presentations }: Sources,
  options: TrialOptions,
  report: (done: number, total: number) => void,
): Promise<TrialResponses> {
  const { window, baseline } = options;
  const read = presentations === undefined ? rowByRow(responses) : await presentations.read();
  const firstImage = options.firstImage ?? read.guessedFirst;
  const presented = { ...read, image: countFrom(read, firstImage) };
  const beyond = presented.image.find((index) => index >= images.count || index < -1);
  if (beyond !== undefined) {
    throw new InputError(
      `${presentations?.name ?? responses.name} has image ${beyond}; expected 0 to ${images.count - 1}, ` +
        `the images of ${images.name}, or -1 for a blank screen; if images count from 1: --first-image 1`,
    );
  }
  const { image, tier } = presented;
  if (responses.kind === 'table') {
    if (window !== undefined || baseline !== undefined) {
      throw new InputError(
        `--window and --baseline are for spikes and traces; ${responses.name} has one number for each trial; ` +
          'expected neither',
      );
    }
    const values = await readTable(responses, report);
    return {
      ...{ image, tier, values, unit: responses.unit, firstImage },
      ...{ window: null, baseline: null, notes: [] },
    };
  }
  const onset = requireOnset(presented, presentations!.name, responses.name);
  if (responses.kind === 'spikes') {
    if (baseline !== undefined && baseline !== 'none') {
      throw new InputError('--baseline is for traces, not for spikes; expected --window alone');
    }
    const used = window ?? SPIKE_WINDOW;
    const { rates, notes } = await countSpikes(responses, onset, used, (done) =>
      report(done, responses.neurons),
    );
    return {
      ...{ image, tier, values: rates, unit: 'spikes/s', firstImage },
      ...{
        window: used,
        baseline: null,
        notes: [...notes, ...overlapNotes(presented, onset, used)],
      },
    };
  }
  const times = {
    window: window ?? TRACE_WINDOW,
    baseline: baseline === 'none' ? undefined : (baseline ?? TRACE_BASELINE),
  };
  const values = await averageTraces(responses, onset, times, (done) =>
    report(done, responses.samples),
  );
  return {
    ...{ image, tier, values, unit: responses.unit, firstImage },
    ...{ window: times.window, baseline: times.baseline ?? null },
    notes: overlapNotes(presented, onset, times.window),
  };
}

/** The share of trials from which on a window that is too long is no exception. */
const OVERLAPPING = 0.1;

/** A note where the window of many trials is not over when the next image appears. */
function overlapNotes(
  { image }: Presentations,
  onset: Float64Array,
  window: Window,
): readonly string[] {
  const onsets = onset.filter((at, trial) => image[trial] !== -1 && Number.isFinite(at)).sort();
  // A microsecond is less than the clocks of recordings resolve.
  const isOver = (at: number, next: number) => at + window.to / 1000 <= next + 1e-6;
  const overlapping = onsets.filter((at, i) => i > 0 && !isOver(onsets[i - 1]!, at)).length;
  if (overlapping <= OVERLAPPING * onsets.length) return [];
  return [
    `The window ${formatWindow(window)} reaches beyond the onset of the next image in ${overlapping} of ${onsets.length} ` +
      'trials: see --window.',
  ];
}

/** Indices from 0, of images whose first one has the given number; 0 is a blank screen where they count from 1. */
function countFrom(
  { image, guessedFirst = 0 }: Presentations,
  firstImage: 0 | 1 | undefined,
): Int32Array {
  const shift = guessedFirst - (firstImage ?? guessedFirst);
  return shift === 0 ? image : image.map((index) => Math.max(-1, index + shift));
}

/** A row is a repeat of an image. */
function rowByRow(responses: ResponseSource): Presentations {
  const { rows, repeats = 1 } = responses.kind === 'table' ? responses : { rows: 0 };
  return {
    image: Int32Array.from({ length: rows }, (_, i) => Math.floor(i / repeats)),
    onset: undefined,
    tier: undefined,
  };
}

async function readTable(
  source: Extract<ResponseSource, { kind: 'table' }>,
  report: (done: number, total: number) => void,
): Promise<Float32Array> {
  const { rows, neurons } = source;
  const values = new Float32Array(rows * neurons);
  for (let first = 0; first < rows; first += BLOCK) {
    const count = Math.min(BLOCK, rows - first);
    values.set(await source.read(first, count), first * neurons);
    report(first + count, rows);
  }
  return values;
}

function requireOnset({ onset }: Presentations, name: string, responses: string): Float64Array {
  if (onset !== undefined) return onset;
  throw new InputError(
    `${name} has no times, and ${responses} needs them; expected presentations with the onset of each image`,
  );
}
