import { z } from 'zod';
import { peakCount } from '../../tuning/metrics.js';
import { neuronPeaks } from '../../tuning/peak.js';
import { rankTuning } from '../../tuning/rank.js';
import { checkResponses, type ResponseMatrix } from '../../tuning/response-matrix.js';
import { answerJson, modelIdentity } from '../answer.js';
import { WholeNumber } from '../numbers.js';
import { readPresented } from '../presented.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { StimulusQuery } from '../stimulus-request.js';
import { computeOrRecall, recallNote } from '../stored.js';
import { type AppContext, timing } from '../trace.js';
import { peakAnswer, rankAnswer } from '../tuning-answers.js';

export const TuningQuery = z.strictObject({ ...StimulusQuery.shape, k: WholeNumber.optional() });

/** Predicted responses to a stimulus set, with the real ones where they were sent along. */
interface ResponsesToSet {
  readonly predicted: ResponseMatrix;
  readonly real: ResponseMatrix | undefined;
  readonly k: number;
  readonly ids: readonly number[];
}

/** Tuning to a set of stimuli: rank-ordered curves, and the peak. */
export function tuningRoutes(deps: AppDependencies): Route[] {
  const { clock } = deps;
  return [
    ...modelRoute('POST', '/tuning/rank', (c) =>
      analyse(c, ({ predicted, ids, ...options }) =>
        rankAnswer(rankTuning(predicted, options), ids),
      ),
    ),
    ...modelRoute('POST', '/tuning/peak', (c) =>
      analyse(c, ({ predicted, ids, ...options }) =>
        peakAnswer(neuronPeaks(predicted, options), ids),
      ),
    ),
  ];

  async function analyse(
    c: AppContext,
    analysis: (responses: ResponsesToSet) => object,
  ): Promise<Response> {
    const { service, model, query, deadline, presented, ids, columns } = await readPresented(
      c,
      deps,
      TuningQuery,
      'set',
    );
    const { stimuli, reports, real } = presented;
    const ofColumns = real && selectColumns(real, columns);
    // before the sweep: what is refused anyway costs no compute
    const k = peakCount(stimuli.count, query.k);
    if (ofColumns) checkResponses(ofColumns, 'responses');
    const question = { model, stimuli, columns, priority: 'sweep', deadline } as const;
    const values = await computeOrRecall(c, deps, service, question, presented);
    const predicted = { stimuli: stimuli.count, neurons: columns.length, values };
    return answerJson(c, clock, () => ({
      model: modelIdentity(model),
      ...analysis({ predicted, real: ofColumns, k, ids }),
      stimuli: reports,
      ...recallNote(c, presented),
      timing: timing(c.get('trace')),
      id: c.get('trace').requestId,
    }));
  }
}

function selectColumns(matrix: ResponseMatrix, columns: Int32Array): ResponseMatrix {
  const { stimuli, neurons } = matrix;
  const values = new Float64Array(stimuli * columns.length);
  for (let i = 0; i < values.length; i++) {
    const row = Math.floor(i / columns.length);
    values[i] = matrix.values[row * neurons + columns[i % columns.length]!]!;
  }
  return { stimuli, neurons: columns.length, values };
}
