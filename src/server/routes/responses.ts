import { accepts } from 'hono/accepts';
import { modelIdentity } from '../../experiments/result-parts.js';
import { answerInTurns, answerNpy, answerRaw } from '../answer.js';
import { readModelRequest, readPresented } from '../body/presented.js';
import { reportHeaders } from '../report-headers.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { StimulusQuery } from '../stimulus-request.js';
import { computeOrRecall, recallNote } from '../stored.js';
import { type AppContext, timing } from '../trace.js';

/** Stimuli in, responses out. */
export function responseRoutes(deps: AppDependencies): Route[] {
  const { clock } = deps;
  return modelRoute('POST', '/responses', respond);

  async function respond(c: AppContext): Promise<Response> {
    const request = readModelRequest(c, deps, StimulusQuery);
    const { service, model, deadline } = request;
    const { presented, ids, columns } = await readPresented(c, deps, request);
    const { stimuli, reports } = presented;
    const question = { model, stimuli, columns, priority: 'prediction', deadline } as const;
    const values = await computeOrRecall(c, deps, service, question, presented);
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
        return answerInTurns(c, clock, {
          model: modelIdentity(model),
          neurons: ids,
          responses: rows(values, stimuli.count),
          stimuli: reports,
          ...recallNote(c, presented),
          timing: timing(c.get('trace')),
          id: c.get('trace').requestId,
        });
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
