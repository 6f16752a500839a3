import { z } from 'zod';
import { selectNeurons } from '../../experiments/neurons.js';
import type { QuickRows } from '../../experiments/quick-measurement/kept-rows.js';
import {
  planQuickMeasurement,
  QuickMeasurementRequest,
  quickMeasurementResult,
  runQuickMeasurement,
} from '../../experiments/quick-measurement/quick-measurement.js';
import { answerJson } from '../answer.js';
import { readJsonBody } from '../body/read-body.js';
import { clientContext } from '../experiment-context.js';
import { modelOf, serviceOf } from '../models.js';
import { readDeadline, readQuery, refuseIfLate } from '../request.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import type { AppContext } from '../trace.js';

/** The quick measurement of neurons, which is made once for each model and kept. */
export function quickMeasurementRoutes(deps: AppDependencies): Route[] {
  const { clock, limits } = deps;
  const tail = '/quick-measurement';
  return [...modelRoute('GET', tail, read), ...modelRoute('POST', tail, measure)];

  async function read(c: AppContext): Promise<Response> {
    const service = serviceOf(deps);
    const model = modelOf(c, service);
    readQuery(c, z.strictObject({}));
    const { ids } = selectNeurons(model.card, undefined);
    return answer(c, model, await service.quick.of(model.digest), ids);
  }

  async function measure(c: AppContext): Promise<Response> {
    const service = serviceOf(deps);
    const model = modelOf(c, service);
    readQuery(c, z.strictObject({}));
    const deadline = readDeadline(c);
    const body = await readJsonBody(c, deps, QuickMeasurementRequest);
    const { ids } = selectNeurons(model.card, body.neurons);
    const context = clientContext(c, deps, { service, model, deadline });
    const rows = await service.quick.complete(model.digest, ids, (missing) =>
      runQuickMeasurement(
        planQuickMeasurement({ model, limits }, { neurons: [...missing] }),
        context,
      ),
    );
    // It may have waited for the measurement of another client.
    c.req.raw.signal.throwIfAborted();
    refuseIfLate(deadline, clock);
    return answer(c, model, rows, ids);
  }

  /** Answers with the rows that there are, in the order of the ids. */
  function answer(
    c: AppContext,
    model: ReturnType<typeof modelOf>,
    rows: QuickRows,
    ids: readonly number[],
  ): Response {
    return answerJson(c, clock, () => ({
      ...quickMeasurementResult(
        model,
        ids.flatMap((id) => rows.get(id) ?? []),
      ),
      id: c.get('trace').requestId,
    }));
  }
}
