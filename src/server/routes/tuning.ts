import { z } from 'zod';
import { PeakResult } from '../../experiments/peak.js';
import { RankResult } from '../../experiments/rank.js';
import { modelIdentity } from '../../experiments/result-parts.js';
import type { SetAnalysisTask } from '../../experiments/set-tuning/analyse-set.js';
import { planSetTuning, respondToSet } from '../../experiments/set-tuning/set-tuning.js';
import { answerResult } from '../answer.js';
import { type ModelRequest, readPresented } from '../body/presented.js';
import type { AppContext } from '../context.js';
import { presentedContext } from '../experiment-context.js';
import { WholeNumber } from '../numbers.js';
import { json } from '../operation.js';
import { modelRoute } from '../route.js';
import { cached, ending, formSchema, STIMULI } from '../schemas.js';
import type { AppDependencies } from '../service.js';
import { StimulusQuery } from '../stimulus-request.js';
import { cacheNote } from '../store.js';
import { timed } from '../timing.js';

const TuningQuery = z.strictObject({ ...StimulusQuery.shape, k: WholeNumber.optional() });

/** A form may hold the real responses as well. */
const SET = {
  ...STIMULI,
  'multipart/form-data': formSchema('FormWithResponses', {
    responses: z.file().optional().describe('the real ones, .npy [stimuli, neurons]'),
  }),
};

const ofSet = {
  method: 'POST',
  tag: 'experiments',
  query: TuningQuery,
  deadline: true,
  body: { required: true, content: SET },
} as const;
const more = { ...cached, ...ending };

/** Tuning to a set of stimuli: rank-ordered curves, and the peak. */
export function tuningRoutes(deps: AppDependencies) {
  const rank = modelRoute(
    deps,
    {
      ...ofSet,
      path: '/v1/models/:model/tuning/rank',
      id: 'rankTuning',
      summary: 'Rank-ordered tuning curves to a set of stimuli',
      answers: json('A curve for each neuron, and that of the population', RankResult.extend(more)),
    },
    (c, request) => analyse(c, deps, request, 'rank'),
  );
  const peak = modelRoute(
    deps,
    {
      ...ofSet,
      path: '/v1/models/:model/tuning/peak',
      id: 'peakTuning',
      summary: 'The strongest stimuli of each neuron',
      answers: json('The peak of each neuron', PeakResult.extend(more)),
    },
    (c, request) => analyse(c, deps, request, 'peak'),
  );
  return [...rank, ...peak];
}

async function analyse(
  c: AppContext,
  deps: AppDependencies,
  request: ModelRequest<z.infer<typeof TuningQuery>>,
  kind: SetAnalysisTask['kind'],
): Promise<Response> {
  const { clock, setAnalysis } = deps;
  const presented = await readPresented(c, deps, request, 'set');
  const plan = planSetTuning(presented, { k: request.query.k }, presented.real);
  const context = presentedContext(c, deps, request, presented, 'sweep');
  const task = { kind, ...(await respondToSet(plan, context)) };
  const analysed = await timed(c, clock, 'encode', () => setAnalysis.run(task, context.signal));
  const result = {
    model: modelIdentity(plan.model),
    stimuli: plan.reports,
    ...cacheNote(c, presented),
  };
  return answerResult(c, clock, result, analysed);
}
