import { z } from 'zod';
import { neuronTuning } from '../../tuning/parametric.js';
import { receptiveField } from '../../tuning/receptive-field.js';
import { answerJson, modelIdentity } from '../answer.js';
import { readJsonBody } from '../body/read-body.js';
import { Neurons, tuningSweep } from '../experiment.js';
import { modelOf, serviceOf } from '../models.js';
import { selectNeurons } from '../neurons.js';
import type { QuickRows } from '../quick/kept-rows.js';
import { quickNeuron } from '../quick/quick-neuron.js';
import { planQuickSweeps } from '../quick/quick-sweeps.js';
import { readDeadline, readQuery, refuseIfLate } from '../request.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies, Service } from '../service.js';
import { canvasOf } from '../stimulus-request.js';
import { eachNeuron, sweptResponses } from '../swept-responses.js';
import type { AppContext } from '../trace.js';

/** Which neurons are measured; `{}` is all of them. */
export const QuickMeasurementBody = z.strictObject({ neurons: Neurons });

/** The quick measurement of neurons, which is made once for each model and kept. */
export function quickMeasurementRoutes(deps: AppDependencies): Route[] {
  const { clock } = deps;
  const tail = '/quick-measurement';
  return [...modelRoute('GET', tail, read), ...modelRoute('POST', tail, measure)];

  async function read(c: AppContext): Promise<Response> {
    const service = serviceOf(deps);
    const model = modelOf(c, service);
    readQuery(c, z.strictObject({}));
    return answer(c, model, await service.quick.of(model.digest));
  }

  async function measure(c: AppContext): Promise<Response> {
    const service = serviceOf(deps);
    const model = modelOf(c, service);
    readQuery(c, z.strictObject({}));
    const deadline = readDeadline(c);
    const body = await readJsonBody(c, deps, QuickMeasurementBody);
    const { ids } = selectNeurons(model.card, body.neurons);
    const rows = await service.quick.complete(model.digest, ids, (missing) =>
      measureQuickly(c, service, { model, deadline, ids: missing }),
    );
    // It may have waited for the measurement of another client.
    c.req.raw.signal.throwIfAborted();
    refuseIfLate(deadline, clock);
    return answer(c, model, rows, ids);
  }

  async function measureQuickly(c: AppContext, service: Service, { model, deadline, ids }: Wanted) {
    const { card } = model;
    const { columns } = selectNeurons(card, ids);
    const { position, grating, gratingAt } = planQuickSweeps(card, canvasOf(model));
    const turns = { signal: c.req.raw.signal, giveWay: service.scheduler.giveWay };
    const question = { model, columns, deadline };
    const mapped = await sweptResponses(c, deps, service, position.sweep, question);
    const fields = await eachNeuron(turns, mapped, (responses, blank) =>
      receptiveField(position, position.maps(responses), blank),
    );
    const turned = await sweptResponses(c, deps, service, grating, question);
    const shown = tuningSweep(grating);
    return eachNeuron(turns, turned, function* (responses, blank, i) {
      const tuning = yield* neuronTuning(shown, responses, blank);
      return quickNeuron(ids[i]!, fields[i]!, tuning, gratingAt);
    });
  }

  /** The rows in the order of the ids; of a model's, those that are there. */
  function answer(
    c: AppContext,
    model: Wanted['model'],
    rows: QuickRows,
    ids = selectNeurons(model.card, undefined).ids,
  ): Response {
    const { position, grating } = planQuickSweeps(model.card, canvasOf(model));
    return answerJson(c, clock, () => ({
      model: modelIdentity(model),
      position: position.sweep.stimulus,
      grating: grating.stimulus,
      orientations: grating.axes[0]!.values,
      spatialFrequencies: grating.axes[1]!.values,
      neurons: ids.flatMap((id) => rows.get(id) ?? []),
      id: c.get('trace').requestId,
    }));
  }
}

interface Wanted {
  readonly model: ReturnType<typeof modelOf>;
  readonly ids: readonly number[];
  /** On the scheduler's clock. */
  readonly deadline: number | undefined;
}
