import { correlation } from '../../src/tuning/metrics.js';
import { ccNorm, fev, feve, type Trials } from '../../src/tuning/repeats.js';
import { type Score, scoreFrom, withoutFormula } from '../evaluation/scores.js';

/** What a prediction of one neuron is measured by. */
export const COMPARED = ['CORR', 'CCnorm', 'FEVE'] as const;
export type Compared = (typeof COMPARED)[number];

/** What was recorded of one neuron. */
export interface RecordedNeuron {
  readonly id: number;
  /** The images that it was measured for, ascending. */
  readonly images: readonly number[];
  /** Its responses to them, in the same order. */
  readonly responses: Float64Array;
  /** Its single trials of them; null where they are not known. */
  readonly trials: Trials | null;
}

/**
 * Measures a prediction on some of a neuron's images, which may come more than once.
 * @param predicted the response to each of the neuron's images, in the order of `recorded.images`
 * @param places of the images within that order; without, all of them
 */
export function measure(
  measured: Compared,
  recorded: RecordedNeuron,
  predicted: Float64Array,
  places?: Uint32Array,
): Score {
  const own = places ? gather(predicted, places) : predicted;
  if (measured === 'CORR') {
    const real = places ? gather(recorded.responses, places) : recorded.responses;
    return scoreFrom(correlation(real, own), 'the response or its prediction is constant');
  }
  if (recorded.trials === null) return { value: null, reason: 'the repeats are not known' };
  const trials = places ? selectStimuli(recorded.trials, places) : recorded.trials;
  return withoutFormula(measured === 'CCnorm' ? ccNorm(trials, own) : feve(trials, own));
}

/** Whether the noise of a neuron's single trials has more variance than what the stimulus explains: FEV is below 1/2. */
export function isNoisy({ trials }: RecordedNeuron): boolean {
  if (trials === null) return false;
  const { value } = fev(trials);
  return value === null || value < 0.5;
}

/** A value as it can be of a perfect measurement: CCnorm and FEVE from 0 to 1. */
export function clip(value: number): number {
  return Math.max(0, Math.min(1, value));
}

function gather(values: Float64Array, places: Uint32Array): Float64Array {
  return Float64Array.from(places, (place) => values[place]!);
}

function selectStimuli({ repeats, stimuli, values }: Trials, places: Uint32Array): Trials {
  const chosen = new Float64Array(repeats * places.length);
  for (let repeat = 0; repeat < repeats; repeat++) {
    chosen.set(
      gather(values.subarray(repeat * stimuli, (repeat + 1) * stimuli), places),
      repeat * places.length,
    );
  }
  return { repeats, stimuli: places.length, values: chosen };
}
