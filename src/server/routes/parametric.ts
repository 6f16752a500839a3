import { z } from 'zod';
import { setDigest } from '../../stimulus/stimuli.js';
import { gatherWarnings } from '../../stimulus/warnings.js';
import { neuronTuning } from '../../tuning/parametric.js';
import { answerInTurns, modelIdentity } from '../answer.js';
import { readModelRequest } from '../body/presented.js';
import { readJsonBody } from '../body/read-body.js';
import { Experiment, planExperiment, tuningSweep } from '../experiment.js';
import { NeuronList, neuronsOf } from '../neurons.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { canvasOf } from '../stimulus-request.js';
import { eachNeuron, sweptResponses } from '../swept-responses.js';
import { type AppContext, timing } from '../trace.js';

export const ParametricQuery = z.strictObject({ neurons: NeuronList.optional() });

/** Tuning to one or two stimulus parameters, measured with rendered stimuli. */
export function parametricRoutes(deps: AppDependencies): Route[] {
  const { clock } = deps;
  return modelRoute('POST', '/tuning/parametric', measure);

  async function measure(c: AppContext): Promise<Response> {
    const { service, model, deadline, inQuery } = readModelRequest(c, deps, ParametricQuery);
    const experiment = await readJsonBody(c, deps, Experiment);
    const { ids, columns } = neuronsOf(model.card, inQuery, experiment.neurons);
    const sweep = planExperiment(experiment, canvasOf(model));
    const question = { model, columns, deadline };
    const swept = await sweptResponses(c, deps, service, sweep, question);
    const turns = { signal: c.req.raw.signal, giveWay: service.scheduler.giveWay };
    const shown = tuningSweep(sweep);
    const neurons = await eachNeuron(turns, swept, function* (responses, blank, i) {
      return { id: ids[i]!, ...(yield* neuronTuning(shown, responses, blank)) };
    });
    const [first, second] = sweep.axes;
    const { averaged, stimulus } = sweep;
    return answerInTurns(c, clock, {
      model: modelIdentity(model),
      ...first,
      ...(second ? { second } : {}),
      averagedOver: averaged ? { [averaged.parameter]: averaged.values } : {},
      stimulus,
      warnings: gatherWarnings(swept.reports),
      neurons,
      stimuli: swept.reports.map((report, i) => ({ ...sweep.labels(i), ...report })),
      stimulusSet: setDigest(swept.reports.map(({ digest }) => digest)),
      timing: timing(c.get('trace')),
      id: c.get('trace').requestId,
    });
  }
}
