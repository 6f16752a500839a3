import { z } from 'zod';
import { checkCount } from '../../stimulus/limits.js';
import { Grating } from '../../stimulus/parametric/grating.js';
import { blankStimulus, largestContrast } from '../../stimulus/parametric/paint.js';
import { concatStimuli } from '../../stimulus/stimuli.js';
import { DEFAULT_ORIENTATIONS, DEFAULT_PHASES, orientationSweep } from '../../stimulus/sweep.js';
import { neuronTuning } from '../../tuning/parametric.js';
import { checkResponses, column } from '../../tuning/response-matrix.js';
import { answerJson, modelIdentity } from '../answer.js';
import { readBody } from '../body.js';
import { compute } from '../compute.js';
import { modelOf, serviceOf } from '../models.js';
import { selectNeurons } from '../neurons.js';
import { readDeadline, readJson, readQuery } from '../request.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { canvasOf, reportStimuli } from '../stimulus-request.js';
import { type AppContext, timed, timing } from '../trace.js';

/** The parameters that can be swept. */
const PARAMETERS = ['orientation'] as const;

/** The body of a parametric tuning request; `{}` is a whole experiment. */
const Experiment = z.strictObject({
  parameter: z
    .enum(PARAMETERS, {
      error: ({ input }) =>
        `${JSON.stringify(input)} cannot be swept; there is ${PARAMETERS.join(', ')}`,
    })
    .default('orientation'),
  values: z
    .array(z.number().min(-360).max(360))
    .min(1)
    .default([...DEFAULT_ORIENTATIONS])
    .describe('degrees'),
  stimulus: z.strictObject({ grating: Grating.prefault({}) }).prefault({}),
  neurons: z.union([z.string(), z.array(z.int().nonnegative()).min(1)]).optional(),
});

/** Tuning to a stimulus parameter, measured with rendered stimuli. */
export function parametricRoutes(deps: AppDependencies): Route[] {
  const { clock, limits } = deps;
  return modelRoute('POST', '/tuning/parametric', measure);

  async function measure(c: AppContext): Promise<Response> {
    const service = serviceOf(deps);
    const model = modelOf(c, service);
    readQuery(c, z.strictObject({}));
    const deadline = readDeadline(c);
    const body = await readBody(c.req.raw, limits.maxBody);
    const experiment = readJson(body.length === 0 ? Buffer.from('{}') : body, Experiment);
    const { parameter, values } = experiment;
    const { ids, columns } = selectNeurons(model.card, experiment.neurons);
    const canvas = canvasOf(model);
    const { contrast = largestContrast(canvas), ...rest } = experiment.stimulus.grating;
    const grating = { ...rest, contrast };
    // one more is the blank
    checkCount(values.length * DEFAULT_PHASES.length + 1, limits);
    const sweep = await timed(c, clock, 'decode', () => orientationSweep(grating, canvas, values));
    const gratings = sweep.stimuli.count;
    const stimuli = concatStimuli([sweep.stimuli, blankStimulus(canvas)]);
    const question = { model, stimuli, columns, priority: 'sweep', deadline } as const;
    const responses = await compute(c, service, question);
    return answerJson(c, clock, () => {
      const { orientations, phases } = sweep;
      const neurons = columns.length;
      const matrix = { stimuli: gratings + 1, neurons, values: responses };
      checkResponses(matrix, 'responses');
      const axes = [{ name: parameter, dimension: parameter, values: orientations }] as const;
      const tuning = ids.map((id, i) => {
        const all = column(matrix, i);
        const swept = { axes, variants: phases.length, phases: true };
        return { id, ...neuronTuning(swept, all.subarray(0, gratings), all[gratings]!) };
      });
      const { orientation: _swept, phase: _averaged, ...fixed } = grating;
      return {
        model: modelIdentity(model),
        parameter,
        unit: 'degrees',
        values: orientations,
        averagedOver: { phase: phases },
        stimulus: { grating: fixed },
        neurons: tuning,
        stimuli: reportStimuli(model, sweep.stimuli).map((report, i) => {
          const { orientation, phase } = sweep.gratings[i]!;
          return { orientation, phase, ...report };
        }),
        timing: timing(c.get('trace')),
        id: c.get('trace').requestId,
      };
    });
  }
}
