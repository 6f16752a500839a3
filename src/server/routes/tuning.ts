import { z } from 'zod';
import { modelIdentity } from '../../experiments/result-parts.js';
import type { TuningTask } from '../../experiments/set-tuning/analyse-set.js';
import { peakCount } from '../../tuning/metrics.js';
import { checkResponses, type ResponseMatrix } from '../../tuning/response-matrix.js';
import { answerInTurns } from '../answer.js';
import { readModelRequest, readPresented } from '../body/presented.js';
import { WholeNumber } from '../numbers.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { StimulusQuery } from '../stimulus-request.js';
import { computeOrRecall, recallNote } from '../stored.js';
import { type AppContext, timed, timing } from '../trace.js';

export const TuningQuery = z.strictObject({ ...StimulusQuery.shape, k: WholeNumber.optional() });

/** Tuning to a set of stimuli: rank-ordered curves, and the peak. */
export function tuningRoutes(deps: AppDependencies): Route[] {
  const { clock, tuning } = deps;
  return [
    ...modelRoute('POST', '/tuning/rank', (c) => analyse(c, 'rank')),
    ...modelRoute('POST', '/tuning/peak', (c) => analyse(c, 'peak')),
  ];

  async function analyse(c: AppContext, kind: TuningTask['kind']): Promise<Response> {
    const request = readModelRequest(c, deps, TuningQuery);
    const { service, model, query, deadline } = request;
    const { presented, ids, columns } = await readPresented(c, deps, request, 'set');
    const { stimuli, reports, real } = presented;
    const ofColumns = real && selectColumns(real, columns);
    // before the sweep: what is refused anyway costs no compute
    const k = peakCount(stimuli.count, query.k);
    if (ofColumns) checkResponses(ofColumns, 'responses');
    const question = { model, stimuli, columns, priority: 'sweep', deadline } as const;
    const values = await computeOrRecall(c, deps, service, question, presented);
    const predicted = { stimuli: stimuli.count, neurons: columns.length, values };
    const task = { kind, predicted, real: ofColumns, k, ids };
    const analysed = await timed(c, clock, 'encode', () => tuning.run(task, c.req.raw.signal));
    return answerInTurns(
      c,
      clock,
      {
        model: modelIdentity(model),
        stimuli: reports,
        ...recallNote(c, presented),
        timing: timing(c.get('trace')),
        id: c.get('trace').requestId,
      },
      analysed,
    );
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
