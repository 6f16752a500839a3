import type { ModelCard } from '../models/card.js';
import type { DecodedStimuli } from '../stimulus/decode/decoding.js';
import type { ExperimentContext } from './context.js';
import type { Presentation } from './presentation.js';
import { respondWithSpread } from './spread.js';
import type { StimulusReport } from './stimulus-report.js';

/** How far the members of an ensemble are apart for a stimulus that gives no warning. */
export interface SpreadLimits {
  /** Of each neuron that is asked, in the unit of the responses. */
  readonly neurons: readonly number[];
  /** Of the mean over these neurons of spread / its own limit. */
  readonly mean: number;
}

/**
 * The limits of some neurons. For all neurons, and for one, 95 % of the held-out images are below; for a number between,
 * the limit lies between the two as the variance of a mean does: linearly in 1 / the number of neurons.
 * @param columns of the neurons
 * @returns null where the card has none
 * @example spreadLimits(card, Int32Array.of(3))?.mean // 1
 */
export function spreadLimits(
  { calibration }: Pick<ModelCard, 'calibration'>,
  columns: Int32Array,
): SpreadLimits | null {
  const limits = calibration?.spread;
  if (limits === undefined) return null;
  const neurons = Array.from(columns, (column) => limits.neurons[column]!);
  const [asked, all] = [neurons, limits.neurons].map((some) => some.filter(isPositive).length);
  if (!asked) return null;
  const share = all === 1 ? 0 : (1 / asked - 1 / all!) / (1 - 1 / all!);
  return { neurons, mean: limits.mean + share * (1 - limits.mean) };
}

/**
 * Compares the spread of an ensemble's members with what it is for natural images.
 * @param spread of each neuron of the limits, in the unit of the responses
 * @returns no line, or one
 */
export function spreadWarnings(spread: Float32Array, { neurons, mean }: SpreadLimits): string[] {
  const ratios = neurons.flatMap((limit, i) => (isPositive(limit) ? [spread[i]! / limit] : []));
  const found = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  if (!(found > mean)) return [];
  return [
    `the members of the ensemble disagree: relative spread ${toText(found)} > ${toText(mean)}, ` +
      'below which it is for most natural images',
  ];
}

/** The same reports with the warnings of the spread in place of those of the contrast. */
export function reportSpread(
  reports: readonly StimulusReport[],
  notes: DecodedStimuli['notes'],
  spread: Float32Array,
  limits: SpreadLimits,
): StimulusReport[] {
  const width = limits.neurons.length;
  return reports.map(({ digest }, i) => {
    const own = spread.subarray(i * width, (i + 1) * width);
    return { digest, warnings: [...notes[i]!, ...spreadWarnings(own, limits)] };
  });
}

/** Responses [stimuli, neurons], row-major, with the reports of the stimuli. */
export interface ReportedResponses {
  readonly mean: Float32Array;
  /** Of an ensemble, where it is wanted or gives the warnings. */
  readonly spread?: Float32Array;
  readonly reports: readonly StimulusReport[];
}

/**
 * Computes the responses to stimuli, and their spread where it is wanted, or where the stimuli are warned of by it.
 * @throws as `respond` of the context
 */
export async function respondWithReports(
  {
    model,
    stimuli,
    columns,
    reports,
    notes,
  }: Pick<Presentation, 'model' | 'stimuli' | 'columns' | 'reports' | 'notes'>,
  context: Pick<ExperimentContext, 'respond'>,
  wantsSpread = false,
): Promise<ReportedResponses> {
  const limits = spreadLimits(model.card, columns);
  if (limits === null && !wantsSpread) {
    return { mean: await context.respond(stimuli, columns), reports };
  }
  const { mean, spread } = await respondWithSpread(model, stimuli, columns, context);
  if (limits === null) return { mean, spread, reports };
  return { mean, spread, reports: reportSpread(reports, notes, spread, limits) };
}

function isPositive(limit: number): boolean {
  return limit > 0;
}

function toText(ratio: number): string {
  return ratio.toPrecision(3);
}
