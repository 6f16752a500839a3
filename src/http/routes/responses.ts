import { accepts } from 'hono/accepts';
import { answerJson, answerNpy, answerRaw, modelIdentity } from '../answer.js';
import { readBody } from '../body.js';
import { modelOf, serviceOf } from '../models.js';
import { neuronsOf, selectNeurons } from '../neurons.js';
import { reportHeaders } from '../report-headers.js';
import { readDeadline, readQuery } from '../request.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { decodeBody, reportInTurns, StimulusQuery } from '../stimulus-request.js';
import { computeOrRecall, recallNote, storedStimuli } from '../stored.js';
import { type AppContext, timed, timing } from '../trace.js';

/** Stimuli in, responses out. */
export function responseRoutes(deps: AppDependencies): Route[] {
  const { clock, limits, decodeLarge } = deps;
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
    const storedSet = storedStimuli(deps);
    const shown = await timed(c, clock, 'decode', async () => {
      const decoded = await decodeBody({
        contentType,
        body,
        query,
        model,
        limits,
        decodeLarge,
        storedSet,
      });
      return { ...decoded, reports: await reportInTurns(model, decoded.stimuli, decoded.notes) };
    });
    const { stimuli, reports } = shown;
    const { ids, columns } = neuronsOf(model.card, asked, shown.neurons);
    const question = { model, stimuli, columns, priority: 'prediction', deadline } as const;
    const values = await computeOrRecall(c, deps, service, question, shown);
    const type = answerType(c);
    if (type !== 'application/json') {
      for (const [name, value] of reportHeaders(reports)) c.header(name, value);
    }
    switch (type) {
      case 'application/x-npy':
        return answerNpy(c, clock, values, [stimuli.count, columns.length]);
      case 'application/octet-stream':
        return answerRaw(c, clock, values);
      default:
        return answerJson(c, clock, () => ({
          model: modelIdentity(model),
          neurons: ids,
          responses: rows(values, stimuli.count),
          stimuli: reports,
          ...recallNote(c, shown),
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
