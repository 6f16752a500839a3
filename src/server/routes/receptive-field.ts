import { accepts } from 'hono/accepts';
import { z } from 'zod';
import { encodePng } from '../../stimulus/image.js';
import { sheetOf } from '../../stimulus/sheet.js';
import { type Stimuli, setDigest } from '../../stimulus/stimuli.js';
import { gatherWarnings } from '../../stimulus/warnings.js';
import { receptiveField } from '../../tuning/receptive-field.js';
import { answerInTurns, answerNpy, modelIdentity } from '../answer.js';
import { readModelRequest } from '../body/presented.js';
import { readJsonBody } from '../body/read-body.js';
import { NeuronList, neuronsOf } from '../neurons.js';
import { Mapping, planProbe } from '../position-probe.js';
import { reportHeaders } from '../report-headers.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { canvasOf } from '../stimulus-request.js';
import { eachNeuron, sweptResponses } from '../swept-responses.js';
import { type AppContext, timed, timing } from '../trace.js';

export const MappingQuery = z.strictObject({ neurons: NeuronList.optional() });

/** Where on the image neurons respond: maps by small stimuli at many places. */
export function receptiveFieldRoutes(deps: AppDependencies): Route[] {
  const { clock } = deps;
  return modelRoute('POST', '/receptive-field', measure);

  async function measure(c: AppContext): Promise<Response> {
    const { service, model, deadline, inQuery } = readModelRequest(c, deps, MappingQuery);
    const mapping = await readJsonBody(c, deps, Mapping);
    const { ids, columns } = neuronsOf(model.card, inQuery, mapping.neurons);
    const { x, y, sweep, maps } = planProbe(mapping, canvasOf(model));
    const question = { model, columns, deadline };
    const swept = await sweptResponses(c, deps, service, sweep, question);
    const turns = { signal: c.req.raw.signal, giveWay: service.scheduler.giveWay };
    const { reports } = swept;
    const type = accepts(c, {
      header: 'Accept',
      supports: ['application/json', 'application/x-npy', 'image/png'],
      default: 'application/json',
    });
    if (type !== 'application/json') {
      const each = await eachNeuron(turns, swept, function* (responses) {
        yield;
        return maps(responses).map;
      });
      const size = { count: each.length, height: y.length, width: x.length };
      const pixels = new Float32Array(size.count * size.height * size.width);
      for (const [i, map] of each.entries()) pixels.set(map, i * map.length);
      for (const [name, value] of reportHeaders(reports)) c.header(name, value);
      if (type === 'image/png') return answerPictures(c, { ...size, pixels });
      return answerNpy(c, clock, pixels, [size.count, size.height, size.width]);
    }
    const neurons = await eachNeuron(turns, swept, function* (responses, blank, i) {
      return { id: ids[i]!, ...(yield* receptiveField({ x, y }, maps(responses), blank)) };
    });
    return answerInTurns(c, clock, {
      model: modelIdentity(model),
      x,
      y,
      unit: mapping.stimulus['units'] === 'degrees' ? 'degrees of visual angle' : 'pixels',
      stimulus: sweep.stimulus,
      warnings: gatherWarnings(reports),
      neurons,
      stimuli: reports.map((report, i) => ({ ...sweep.labels(i), ...report })),
      stimulusSet: setDigest(reports.map(({ digest }) => digest)),
      timing: timing(c.get('trace')),
      id: c.get('trace').requestId,
    });
  }

  /** Each map from its smallest response, black, to its largest, white, one pixel to a place. */
  async function answerPictures(c: AppContext, maps: Stimuli): Promise<Response> {
    const size = maps.height * maps.width;
    for (let i = 0; i < maps.count; i++) {
      const map = maps.pixels.subarray(i * size, (i + 1) * size);
      const low = map.reduce((least, value) => Math.min(least, value));
      const range = map.reduce((most, value) => Math.max(most, value)) - low;
      for (const [place, value] of map.entries())
        map[place] = range > 0 ? (value - low) / range : 0;
    }
    const png = await timed(c, clock, 'encode', () => encodePng(sheetOf(maps, 0)));
    return c.body(new Uint8Array(png), 200, { 'Content-Type': 'image/png' });
  }
}
