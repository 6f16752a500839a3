import { z } from 'zod';
import { modelIdentity } from '../../experiments/result-parts.js';
import type { SetAnalysisTask } from '../../experiments/set-tuning/analyse-set.js';
import { planSetTuning, respondToSet } from '../../experiments/set-tuning/set-tuning.js';
import { answerInTurns } from '../answer.js';
import { readModelRequest, readPresented } from '../body/presented.js';
import { presentedContext } from '../experiment-context.js';
import { WholeNumber } from '../numbers.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { StimulusQuery } from '../stimulus-request.js';
import { recallNote } from '../stored.js';
import { type AppContext, timed, timing } from '../trace.js';

export const TuningQuery = z.strictObject({ ...StimulusQuery.shape, k: WholeNumber.optional() });

/** Tuning to a set of stimuli: rank-ordered curves, and the peak. */
export function tuningRoutes(deps: AppDependencies): Route[] {
  const { clock, setAnalysis } = deps;
  return [
    ...modelRoute('POST', '/tuning/rank', (c) => analyse(c, 'rank')),
    ...modelRoute('POST', '/tuning/peak', (c) => analyse(c, 'peak')),
  ];

  async function analyse(c: AppContext, kind: SetAnalysisTask['kind']): Promise<Response> {
    const request = readModelRequest(c, deps, TuningQuery);
    const presented = await readPresented(c, deps, request, 'set');
    const plan = planSetTuning(presented, { k: request.query.k }, presented.real);
    const context = presentedContext(c, deps, request, presented, 'sweep');
    const task = { kind, ...(await respondToSet(plan, context)) };
    const analysed = await timed(c, clock, 'encode', () => setAnalysis.run(task, context.signal));
    return answerInTurns(
      c,
      clock,
      {
        model: modelIdentity(plan.model),
        stimuli: plan.reports,
        ...recallNote(c, presented),
        timing: timing(c.get('trace')),
        id: c.get('trace').requestId,
      },
      analysed,
    );
  }
}
