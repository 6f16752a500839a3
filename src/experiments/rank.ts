import { z } from 'zod';
import { type NeuronRankTuning, rankTuning } from '../tuning/rank.js';
import type { ExperimentContext } from './context.js';
import { Id, ModelIdentity, modelIdentity, Report, Score } from './result-parts.js';
import {
  curves,
  NO_REAL,
  respondToSet,
  type SetResponses,
  type SetTuningPlan,
  withReason,
} from './set-tuning/set-tuning.js';
import { copyReports } from './stimulus-report.js';

const NeuronRank = z
  .strictObject({
    id: Id,
    order: z.array(z.int()).describe('stimuli, strongest first'),
    ...curves,
    CORR: Score,
    PT_J: Score,
    PT_S: Score,
    theta: Score,
    ties: z.int(),
    reason: z.string().optional(),
  })
  .meta({ id: 'RankTuning' });

/** The analysis of responses to a set. */
const analysis = {
  orderedBy: z.enum(['real', 'predicted']),
  k: z.int(),
  neurons: z.array(NeuronRank),
  population: z.strictObject(curves),
};
const RankAnalysis = z.strictObject(analysis);
type RankAnalysis = z.infer<typeof RankAnalysis>;

/** Rank-ordered tuning curves of neurons, and that of the population. */
export const RankResult = z.strictObject({
  model: ModelIdentity,
  ...analysis,
  stimuli: z.array(Report),
});
export type RankResult = z.infer<typeof RankResult>;

/**
 * Puts the responses of each neuron to a stimulus set in order.
 * @throws as `respond` of the context; InputError if a response is not a finite number
 * @example
 * const plan = planSetTuning(presentation, { k: 10 });
 * const { neurons } = await runRank(plan, experimentContext({ respond }));
 * neurons[0].order[0]; // the stimulus with the strongest response
 */
export async function runRank(
  plan: SetTuningPlan,
  context: Pick<ExperimentContext, 'respond'>,
): Promise<RankResult> {
  const analysed = analyseRank(await respondToSet(plan, context));
  const { model, reports } = plan;
  return { model: modelIdentity(model), ...analysed, stimuli: copyReports(reports) };
}

/**
 * Computes the curves of responses.
 * @throws InputError if a response is not a finite number
 */
export function analyseRank({ predicted, ids, ...options }: SetResponses): RankAnalysis {
  const { orderedBy, k, neurons, population } = rankTuning(predicted, options);
  return {
    orderedBy,
    k,
    neurons: neurons.map((neuron, i) => neuronRank(neuron, ids[i]!)),
    population: listCurves(population),
  };
}

function neuronRank({ order, real, predicted, metrics, ties }: NeuronRankTuning, id: number) {
  const { corr = null, ptJ = null, ptS = null, theta = null } = metrics ?? {};
  const reasons = metrics ? [metrics.corrReason, metrics.peakReason] : [NO_REAL];
  return {
    id,
    order: Array.from(order),
    ...listCurves({ real, predicted }),
    CORR: corr,
    PT_J: ptJ,
    PT_S: ptS,
    theta,
    ties,
    ...withReason(reasons),
  };
}

function listCurves(curve: {
  readonly real: Float64Array | null;
  readonly predicted: Float64Array;
}) {
  const predicted = Array.from(curve.predicted);
  return curve.real ? { real: Array.from(curve.real), predicted } : { predicted };
}
