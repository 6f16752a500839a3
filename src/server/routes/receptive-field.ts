import { z } from 'zod';
import { NeuronList, namedOnce } from '../../experiments/neurons.js';
import { ReceptiveFieldRequest } from '../../experiments/position-probe.js';
import {
  mapReceptiveFields,
  mapSheet,
  planReceptiveField,
  ReceptiveFieldResult,
  runReceptiveField,
} from '../../experiments/receptive-field.js';
import { answerAs, answerResult } from '../answer.js';
import { clientContext } from '../experiment-context.js';
import { describeContent, IMAGE_FORMATS, TENSOR_FORMATS } from '../formats.js';
import { named } from '../operation.js';
import { setReportHeaders } from '../report-headers.js';
import { modelRoute } from '../route.js';
import { ending, REPORT_HEADERS } from '../schemas.js';
import type { AppDependencies } from '../service.js';

/** Where on the image neurons respond: maps by small stimuli at many places. */
export function receptiveFieldRoutes(deps: AppDependencies) {
  const { clock, limits } = deps;
  return modelRoute(
    deps,
    {
      method: 'POST',
      path: '/v1/models/:model/receptive-field',
      id: 'receptiveField',
      tag: 'experiments',
      summary: 'Where on the image neurons respond',
      query: z.strictObject({ neurons: NeuronList.optional() }),
      deadline: true,
      body: {
        required: false,
        content: { 'application/json': named('Mapping', ReceptiveFieldRequest) },
      },
      answers: {
        200: {
          description: 'A map of each neuron, as JSON, float32 [neurons, y, x], or as images',
          content: {
            'application/json': ReceptiveFieldResult.extend(ending),
            ...describeContent(TENSOR_FORMATS),
            ...describeContent(IMAGE_FORMATS),
          },
          headers: REPORT_HEADERS,
        },
      },
    },
    async (c, request) => {
      const { model, query, mediaType } = request;
      const body = await request.readJson();
      const neurons = namedOnce(query.neurons, body.neurons);
      const plan = planReceptiveField({ model, limits }, { ...body, neurons });
      const context = clientContext(c, deps, request);
      if (mediaType === 'application/json') {
        return answerResult(c, clock, await runReceptiveField(plan, context));
      }
      const { maps, reports } = await mapReceptiveFields(plan, context);
      setReportHeaders(c, reports);
      if (mediaType === 'image/png') {
        return answerAs(c, clock, IMAGE_FORMATS, mediaType, mapSheet(maps));
      }
      const { pixels, count, height, width } = maps;
      const tensor = { values: pixels, shape: [count, height, width] };
      return answerAs(c, clock, TENSOR_FORMATS, mediaType, tensor);
    },
  );
}
