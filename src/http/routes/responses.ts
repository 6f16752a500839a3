import { accepts } from 'hono/accepts';
import { answerJson, answerNpy, answerRaw, modelIdentity } from '../answer.js';
import { readBody } from '../body.js';
import { compute } from '../compute.js';
import { modelOf, serviceOf } from '../models.js';
import { selectNeurons } from '../neurons.js';
import { readDeadline, readQuery } from '../request.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { decodeBody, reportStimuli, StimulusQuery } from '../stimulus-request.js';
import { type AppContext, timed, timing } from '../trace.js';

/** Stimuli in, responses out. */
export function responseRoutes(deps: AppDependencies): Route[] {
  const { clock, limits } = deps;
  return modelRoute('POST', '/responses', respond);

  async function respond(c: AppContext): Promise<Response> {
    const service = serviceOf(deps);
    const model = modelOf(c, service);
    const query = readQuery(c, StimulusQuery);
    const deadline = readDeadline(c);
    const asked =
      query.neurons === undefined ? undefined : selectNeurons(model.card, query.neurons);
    const body = await readBody(c.req.raw, limits.maxBody);
    const contentType = c.req.header('Content-Type');
    const decoded = await timed(c, clock, 'decode', () =>
      decodeBody({ contentType, body, query, model, limits }),
    );
    const { stimuli, notes } = decoded;
    const { ids, columns } = asked ?? selectNeurons(model.card, decoded.neurons);
    const values = await compute(c, service, {
      model,
      stimuli,
      columns,
      priority: 'prediction',
      deadline,
    });
    switch (answerType(c)) {
      case 'application/x-npy':
        return answerNpy(c, clock, values, [stimuli.count, columns.length]);
      case 'application/octet-stream':
        return answerRaw(c, clock, values);
      default:
        return answerJson(c, clock, () => ({
          model: modelIdentity(model),
          neurons: ids,
          responses: rows(values, stimuli.count),
          stimuli: reportStimuli(model, stimuli, notes),
          timing: timing(c.get('trace')),
          id: c.get('trace').requestId,
        }));
    }
  }
}

function answerType(c: AppContext): string {
  return accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'application/x-npy', 'application/octet-stream'],
    default: 'application/json',
  });
}

function rows(values: Float32Array, count: number): number[][] {
  const width = values.length / count;
  return Array.from({ length: count }, (_, i) =>
    Array.from(values.subarray(i * width, (i + 1) * width)),
  );
}
