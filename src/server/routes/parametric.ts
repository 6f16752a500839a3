import { z } from 'zod';
import { NeuronList, namedOnce } from '../../experiments/neurons.js';
import {
  ParametricRequest,
  ParametricResult,
  planParametric,
  runParametric,
} from '../../experiments/parametric.js';
import { answerResult } from '../answer.js';
import { clientContext } from '../experiment-context.js';
import { json, named } from '../operation.js';
import { modelRoute } from '../route.js';
import { ending } from '../schemas.js';
import type { AppDependencies } from '../service.js';

/** Tuning to one or two stimulus parameters, measured with rendered stimuli. */
export function parametricRoutes(deps: AppDependencies) {
  const { clock, limits } = deps;
  return modelRoute(
    deps,
    {
      method: 'POST',
      path: '/v1/models/:model/tuning/parametric',
      id: 'parametricTuning',
      tag: 'experiments',
      summary: 'Tuning to one or two stimulus parameters',
      query: z.strictObject({ neurons: NeuronList.optional() }),
      deadline: true,
      body: {
        required: false,
        content: { 'application/json': named('Experiment', ParametricRequest) },
      },
      answers: json('Curves and indices of each neuron', ParametricResult.extend(ending)),
    },
    async (c, request) => {
      const { model, query } = request;
      const body = await request.readJson();
      const neurons = namedOnce(query.neurons, body.neurons);
      const plan = planParametric({ model, limits }, { ...body, neurons });
      const result = await runParametric(plan, clientContext(c, deps, request));
      return answerResult(c, clock, result);
    },
  );
}
