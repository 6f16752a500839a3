import { z } from 'zod';
import { NeuronList, namedOnce } from '../../experiments/neurons.js';
import { ReceptiveFieldRequest } from '../../experiments/position-probe.js';
import {
  mapReceptiveFields,
  mapSheet,
  planReceptiveField,
  runReceptiveField,
} from '../../experiments/receptive-field.js';
import { encodePng } from '../../stimulus/encode-png.js';
import { answerInTurns, answerNpy } from '../answer.js';
import { readModelRequest } from '../body/presented.js';
import { readJsonBody } from '../body/read-body.js';
import { clientContext } from '../experiment-context.js';
import { negotiate } from '../formats.js';
import { setReportHeaders } from '../report-headers.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { type AppContext, timed, timing } from '../trace.js';

const MEDIA_TYPES = ['application/json', 'application/x-npy', 'image/png'] as const;

export const MappingQuery = z.strictObject({ neurons: NeuronList.optional() });

/** Where on the image neurons respond: maps by small stimuli at many places. */
export function receptiveFieldRoutes(deps: AppDependencies): Route[] {
  const { clock, limits } = deps;
  return modelRoute('POST', '/receptive-field', measure);

  async function measure(c: AppContext): Promise<Response> {
    const asked = readModelRequest(c, deps, MappingQuery);
    const body = await readJsonBody(c, deps, ReceptiveFieldRequest);
    const neurons = namedOnce(asked.query.neurons, body.neurons);
    const plan = planReceptiveField({ model: asked.model, limits }, { ...body, neurons });
    const context = clientContext(c, deps, asked);
    const type = negotiate(c, MEDIA_TYPES);
    if (type === 'application/json') {
      const result = await runReceptiveField(plan, context);
      return answerInTurns(c, clock, {
        ...result,
        timing: timing(c.get('trace')),
        id: c.get('trace').requestId,
      });
    }
    const { maps, reports } = await mapReceptiveFields(plan, context);
    setReportHeaders(c, reports);
    if (type === 'application/x-npy') {
      return answerNpy(c, clock, maps.pixels, [maps.count, maps.height, maps.width]);
    }
    const png = await timed(c, clock, 'encode', () => encodePng(mapSheet(maps)));
    return c.body(new Uint8Array(png), 200, { 'Content-Type': 'image/png' });
  }
}
