import { computeResponses, responsesResult } from '../../experiments/responses.js';
import { answerInTurns, answerNpy, answerRaw } from '../answer.js';
import { readModelRequest, readPresented } from '../body/presented.js';
import { presentedContext } from '../experiment-context.js';
import { negotiate } from '../formats.js';
import { setReportHeaders } from '../report-headers.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { StimulusQuery } from '../stimulus-request.js';
import { recallNote } from '../stored.js';
import { type AppContext, timing } from '../trace.js';

const MEDIA_TYPES = ['application/json', 'application/x-npy', 'application/octet-stream'] as const;

/** Stimuli in, responses out. */
export function responseRoutes(deps: AppDependencies): Route[] {
  const { clock } = deps;
  return modelRoute('POST', '/responses', respond);

  async function respond(c: AppContext): Promise<Response> {
    const request = readModelRequest(c, deps, StimulusQuery);
    const presented = await readPresented(c, deps, request);
    const context = presentedContext(c, deps, request, presented, 'prediction');
    const values = await computeResponses(presented, context);
    const type = negotiate(c, MEDIA_TYPES);
    if (type !== 'application/json') setReportHeaders(c, presented.reports);
    switch (type) {
      case 'application/x-npy':
        return answerNpy(c, clock, values, [presented.stimuli.count, presented.columns.length]);
      case 'application/octet-stream':
        return answerRaw(c, clock, values);
      case 'application/json':
        return answerInTurns(c, clock, {
          ...responsesResult(presented, values),
          ...recallNote(c, presented),
          timing: timing(c.get('trace')),
          id: c.get('trace').requestId,
        });
    }
  }
}
