import { z } from 'zod';
import { NeuronList, namedOnce } from '../../experiments/neurons.js';
import { ParametricRequest, planParametric, runParametric } from '../../experiments/parametric.js';
import { answerInTurns } from '../answer.js';
import { readModelRequest } from '../body/presented.js';
import { readJsonBody } from '../body/read-body.js';
import { clientContext } from '../experiment-context.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { type AppContext, timing } from '../trace.js';

export const ParametricQuery = z.strictObject({ neurons: NeuronList.optional() });

/** Tuning to one or two stimulus parameters, measured with rendered stimuli. */
export function parametricRoutes(deps: AppDependencies): Route[] {
  const { clock, limits } = deps;
  return modelRoute('POST', '/tuning/parametric', measure);

  async function measure(c: AppContext): Promise<Response> {
    const asked = readModelRequest(c, deps, ParametricQuery);
    const body = await readJsonBody(c, deps, ParametricRequest);
    const neurons = namedOnce(asked.query.neurons, body.neurons);
    const plan = planParametric({ model: asked.model, limits }, { ...body, neurons });
    const result = await runParametric(plan, clientContext(c, deps, asked));
    return answerInTurns(c, clock, {
      ...result,
      timing: timing(c.get('trace')),
      id: c.get('trace').requestId,
    });
  }
}
