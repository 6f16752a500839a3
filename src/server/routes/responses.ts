import { z } from 'zod';
import { planResponses } from '../../experiments/presentation.js';
import { computeResponses, ResponsesResult, responsesResult } from '../../experiments/responses.js';
import { checkSpread } from '../../experiments/spread.js';
import { answerAs, answerResult } from '../answer.js';
import { readPresented } from '../body/presented.js';
import { presentedContext } from '../experiment-context.js';
import { describeContent, RESPONSE_FORMATS } from '../formats.js';
import { named } from '../operation.js';
import { setReportHeaders } from '../report-headers.js';
import { modelRoute } from '../route.js';
import { cached, ending, REPORT_HEADERS, STIMULI } from '../schemas.js';
import type { AppDependencies } from '../service.js';
import { Spread, StimulusQuery } from '../stimulus-request.js';
import { cacheNote } from '../store.js';

const Responses = named('Responses', ResponsesResult.extend({ ...cached, ...ending }));

const ResponsesQuery = z.strictObject({ ...StimulusQuery.shape, spread: Spread.optional() });

/** Stimuli in, responses out. */
export function responseRoutes(deps: AppDependencies) {
  const { clock } = deps;
  return modelRoute(
    deps,
    {
      method: 'POST',
      path: '/v1/models/:model/responses',
      id: 'respond',
      tag: 'responses',
      summary: 'Stimuli in, responses out',
      query: ResponsesQuery,
      deadline: true,
      body: { required: true, content: STIMULI },
      answers: {
        200: {
          description:
            'Responses, as JSON, as float32 [stimuli, neurons], or as CSV: a row for each stimulus, with its ' +
            'number and its digest, and a column for each neuron, named by its id. With `spread`, float32 is ' +
            '[2, stimuli, neurons], responses and spread, and CSV has further columns',
          content: { 'application/json': Responses, ...describeContent(RESPONSE_FORMATS) },
          headers: REPORT_HEADERS,
        },
      },
    },
    async (c, request) => {
      const { mediaType, model, query } = request;
      checkSpread(model, query.spread);
      const presented = planResponses(await readPresented(c, deps, request));
      const context = presentedContext(c, deps, request, presented, 'prediction');
      const responses = await computeResponses(presented, context, query);
      if (mediaType === 'application/json') {
        const result = responsesResult(presented, responses);
        return answerResult(c, clock, { ...result, ...cacheNote(c, presented) });
      }
      setReportHeaders(c, responses.reports);
      const value = { presentation: presented, responses };
      return answerAs(c, clock, RESPONSE_FORMATS, mediaType, value);
    },
  );
}
