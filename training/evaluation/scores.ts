import { randomStream } from '../../src/network/random.js';
import type { RankTuning } from '../../src/tuning/rank.js';
import { ccMax, ccNorm, type Estimate, fev, feve, splitHalf } from '../../src/tuning/repeats.js';
import type { Repeats } from '../data/repeats-file.js';

/** The measures of every neuron. */
export const FIT_MEASURES = ['CORR', 'PT_J', 'PT_S'] as const;
/** Further measures where the repeats are known. */
const REPEAT_MEASURES = ['CCmax', 'CCnorm', 'FEV', 'FEVE', 'split-half'] as const;
/** Those of them that depend on the model, not only on the recording. */
export const MODEL_MEASURES: readonly Measure[] = ['CORR', 'PT_J', 'PT_S', 'CCnorm', 'FEVE'];
export type Measure = (typeof FIT_MEASURES)[number] | (typeof REPEAT_MEASURES)[number];

/** A number, or null with the reason. */
export type Score = { readonly value: number } | { readonly value: null; readonly reason: string };

/** How well one neuron is predicted. */
export interface NeuronScores {
  readonly id: number;
  /** On the card: the epoch whose weights were kept, from 1. */
  readonly keptEpoch: number | null;
  readonly scores: Readonly<Partial<Record<Measure, Score>>>;
  /** How many repeats of each image the measures of repeats rest on. */
  readonly repeats: number | null;
}

/** Of one measure over the neurons for which it is defined. */
export interface Average {
  readonly neurons: number;
  readonly mean: number | null;
  readonly median: number | null;
  /** Standard error of the mean, from 2 neurons on. */
  readonly standardError: number | null;
}

/** Any number: which halves are drawn, the same in every evaluation. */
const SPLIT_SEED = 1;

/**
 * @param neurons of the card, in the order of `tuning.neurons`
 * @param repeats null where the repeats are not known
 */
export function scoreNeurons(
  neurons: readonly { readonly id: number; readonly keptEpoch: number | null }[],
  tuning: RankTuning,
  repeats: Repeats | null,
): NeuronScores[] {
  return neurons.map(({ id, keptEpoch }, row) => {
    const { order, predicted, metrics } = tuning.neurons[row]!;
    const { corr, corrReason, ptJ, ptS, peakReason } = metrics!;
    const fit = {
      CORR: scoreFrom(corr, corrReason),
      PT_J: scoreFrom(ptJ, peakReason),
      PT_S: scoreFrom(ptS, peakReason),
    };
    if (!repeats) return { id, keptEpoch, scores: fit, repeats: null };
    const trials = repeats.trials(id);
    const ranks = new Map(Array.from(order, (image, rank) => [image, rank]));
    const byImage = repeats.images(id).map((image) => predicted[ranks.get(image)!]!);
    const scores = {
      ...fit,
      CCmax: withoutFormula(ccMax(trials)),
      CCnorm: withoutFormula(ccNorm(trials, byImage)),
      FEV: withoutFormula(fev(trials)),
      FEVE: withoutFormula(feve(trials, byImage)),
      'split-half': withoutFormula(splitHalf(trials, randomStream(SPLIT_SEED, 'split-half', id))),
    };
    return { id, keptEpoch, scores, repeats: trials.repeats };
  });
}

/** The measures that there are. */
export function listMeasures(hasRepeats: boolean): readonly Measure[] {
  return hasRepeats ? [...FIT_MEASURES, ...REPEAT_MEASURES] : FIT_MEASURES;
}

export function average(neurons: readonly NeuronScores[], measure: Measure): Average {
  const values = neurons
    .flatMap((neuron) => scoreNeuron(neuron, measure) ?? [])
    .toSorted((a, b) => a - b);
  const count = values.length;
  if (count === 0) return { neurons: 0, mean: null, median: null, standardError: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const middle = [values[Math.floor((count - 1) / 2)]!, values[Math.floor(count / 2)]!];
  return {
    neurons: count,
    mean,
    median: (middle[0]! + middle[1]!) / 2,
    standardError: count < 2 ? null : Math.sqrt(squares / (count - 1) / count),
  };
}

/** The mean of a measure over the neurons of each member of an ensemble, and over the members; null where it is undefined. */
export function averageOfMembers(
  members: readonly (readonly NeuronScores[])[],
  measure: Measure,
): number | null {
  const means = members.flatMap((neurons) => average(neurons, measure).mean ?? []);
  return means.length === 0 ? null : means.reduce((sum, mean) => sum + mean, 0) / means.length;
}

/** null where the measure is undefined, or was not taken. */
export function scoreNeuron({ scores }: NeuronScores, measure: Measure): number | null {
  return scores[measure]?.value ?? null;
}

/** Three decimals; `-` where there is no number. */
export function decimals(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}

/** A value as a score. */
export function scoreFrom(value: number | null, reason = 'undefined'): Score {
  return value === null ? { value, reason } : { value };
}

/** An estimate, whose formula is written elsewhere, as a score. */
export function withoutFormula(estimate: Estimate): Score {
  return estimate.value === null
    ? { value: null, reason: estimate.reason }
    : { value: estimate.value };
}
