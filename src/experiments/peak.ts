import { z } from 'zod';
import { type NeuronPeakTuning, neuronPeaks, type ResponsePeak } from '../tuning/peak.js';
import { Index } from '../tuning/schemas.js';
import type { ExperimentContext } from './context.js';
import { Id, ModelIdentity, modelIdentity, Report, Score } from './result-parts.js';
import {
  NO_REAL,
  respondToSet,
  type SetResponses,
  type SetTuningPlan,
  withReason,
} from './set-tuning/set-tuning.js';
import { copyReports } from './stimulus-report.js';

const peak = {
  top: z.array(z.strictObject({ stimulus: z.int(), response: z.number() })),
  peak: z.number(),
  theta: z.number(),
  ties: z.int(),
  shareAboveHalfPeak: Index,
  sparseness: Index,
};
const NeuronPeak = z
  .strictObject({
    id: Id,
    ...peak,
    real: z.strictObject(peak).optional(),
    PT_J: Score,
    PT_S: Score,
    reason: z.string().optional(),
  })
  .meta({ id: 'PeakTuning' });

/** The analysis of responses to a set. */
const analysis = { k: z.int(), neurons: z.array(NeuronPeak) };
const PeakAnalysis = z.strictObject(analysis);
type PeakAnalysis = z.infer<typeof PeakAnalysis>;

/** The strongest stimuli of each neuron. */
export const PeakResult = z.strictObject({
  model: ModelIdentity,
  ...analysis,
  stimuli: z.array(Report),
});
export type PeakResult = z.infer<typeof PeakResult>;

/**
 * Finds the stimuli of a set that each neuron responds to most.
 * @throws as `respond` of the context; InputError if a response is not a finite number
 * @example
 * const plan = planSetTuning(presentation, { k: 10 });
 * const { neurons } = await runPeak(plan, experimentContext({ respond }));
 * neurons[0].top; // [{ stimulus: 17, response: 1.31 }, ...], 10 of them
 */
export async function runPeak(
  plan: SetTuningPlan,
  context: Pick<ExperimentContext, 'respond'>,
): Promise<PeakResult> {
  const analysed = analysePeak(await respondToSet(plan, context));
  const { model, reports } = plan;
  return { model: modelIdentity(model), ...analysed, stimuli: copyReports(reports) };
}

/**
 * Finds the peaks of responses.
 * @throws InputError if a response is not a finite number
 */
export function analysePeak({ predicted, ids, ...options }: SetResponses): PeakAnalysis {
  const { k, neurons } = neuronPeaks(predicted, options);
  return { k, neurons: neurons.map((neuron, i) => neuronPeak(neuron, ids[i]!)) };
}

function neuronPeak({ predicted, real, ptJ, ptS, peakReason }: NeuronPeakTuning, id: number) {
  return {
    id,
    ...responsePeak(predicted),
    ...(real ? { real: responsePeak(real) } : {}),
    PT_J: ptJ,
    PT_S: ptS,
    ...withReason([real ? peakReason : NO_REAL]),
  };
}

function responsePeak({ stimuli, responses, ...rest }: ResponsePeak) {
  const top = Array.from(stimuli, (stimulus, i) => ({ stimulus, response: responses[i]! }));
  return { top, ...rest };
}
