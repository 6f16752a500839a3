import { z } from 'zod';
import { selectNeurons } from '../../experiments/neurons.js';
import type { QuickRows } from '../../experiments/quick-measurement/kept-rows.js';
import {
  planQuickMeasurement,
  QuickMeasurementRequest,
  QuickMeasurementResult,
  quickMeasurementResult,
  runQuickMeasurement,
} from '../../experiments/quick-measurement/quick-measurement.js';
import type { ServedModel } from '../../inference/catalogue.js';
import { responsesTag } from '../../inference/used-precision.js';
import { answerJson } from '../answer.js';
import type { AppContext } from '../context.js';
import { clientContext } from '../experiment-context.js';
import { json, named } from '../operation.js';
import { rejectIfLate } from '../request.js';
import { modelRoute } from '../route.js';
import { ending } from '../schemas.js';
import type { AppDependencies } from '../service.js';

const QuickMeasurement = named(
  'QuickMeasurement',
  z.strictObject({ ...QuickMeasurementResult.shape, id: ending.id }),
);

const path = '/v1/models/:model/quick-measurement';

/** The quick measurement of neurons, which is made once for each model and kept. */
export function quickMeasurementRoutes(deps: AppDependencies) {
  const { clock, limits } = deps;
  const read = modelRoute(
    deps,
    {
      method: 'GET',
      path,
      id: 'keptQuickMeasurement',
      tag: 'experiments',
      summary: 'The quick measurement, as far as it is kept',
      query: z.strictObject({}),
      answers: json('A row for each neuron that was measured', QuickMeasurement),
    },
    async (c, { service, model }) => {
      const { ids } = selectNeurons(model.card, undefined);
      return answer(c, model, await service.quick.of(responsesTag(model)), ids);
    },
  );
  const measure = modelRoute(
    deps,
    {
      method: 'POST',
      path,
      id: 'quickMeasurement',
      tag: 'experiments',
      summary: 'Receptive field and grating tuning at one glance, measured once and kept',
      query: z.strictObject({}),
      deadline: true,
      body: {
        required: false,
        content: { 'application/json': named('QuickMeasurementBody', QuickMeasurementRequest) },
      },
      answers: json('A row for each neuron', QuickMeasurement),
    },
    async (c, request) => {
      const { service, model, deadline } = request;
      const body = await request.readJson();
      const { ids } = selectNeurons(model.card, body.neurons);
      const context = clientContext(c, deps, request);
      const rows = await service.quick.complete(responsesTag(model), ids, (missing) =>
        runQuickMeasurement(
          planQuickMeasurement({ model, limits }, { neurons: [...missing] }),
          context,
        ),
      );
      // It may have waited for the measurement of another client.
      c.req.raw.signal.throwIfAborted();
      rejectIfLate(deadline, clock);
      return answer(c, model, rows, ids);
    },
  );
  return [...read, ...measure];

  /** Answers with the rows that there are, in the order of the ids. */
  function answer(
    c: AppContext,
    model: ServedModel,
    rows: QuickRows,
    ids: readonly number[],
  ): Response {
    return answerJson(c, clock, () => ({
      ...quickMeasurementResult(
        model,
        ids.flatMap((id) => rows.get(id) ?? []),
      ),
      id: c.get('request').id,
    }));
  }
}
