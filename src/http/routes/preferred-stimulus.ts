import { accepts } from 'hono/accepts';
import { z } from 'zod';
import { decodeForm } from '../../stimulus/decode.js';
import { encodePng } from '../../stimulus/image.js';
import { answerJson, answerNpy, modelIdentity } from '../answer.js';
import { readBody } from '../body.js';
import { modelOf, serviceOf } from '../models.js';
import {
  PreferredStimulusBody,
  preferredAnswer,
  preferredArray,
  preferredSheet,
  preparePreferredStimuli,
} from '../preferred-stimulus.js';
import { readDeadline, readJson, readQuery, refuseIfLate } from '../request.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { canvasOf } from '../stimulus-request.js';
import { storedStimuli } from '../stored.js';
import { type AppContext, timed, timing } from '../trace.js';

/** The stimuli that neurons respond to most, found by gradient ascent. */
export function preferredStimulusRoutes(deps: AppDependencies): Route[] {
  const { clock, limits } = deps;
  return modelRoute('POST', '/preferred-stimulus', search);

  async function search(c: AppContext): Promise<Response> {
    const service = serviceOf(deps);
    const model = modelOf(c, service);
    readQuery(c, z.strictObject({}));
    const deadline = readDeadline(c);
    const given = await readBody(c.req.raw, limits.maxBody);
    const body = readJson(given.length === 0 ? Buffer.from('{}') : given, PreferredStimulusBody);
    const { stimulusSet } = body;
    const options = { target: canvasOf(model), limits, fit: 'none', dtype: undefined } as const;
    const set =
      stimulusSet === undefined
        ? undefined
        : await timed(c, clock, 'decode', () =>
            decodeForm({ files: [], stimulusSet }, { ...options, storedSet: storedStimuli(deps) }),
          );
    const run = preparePreferredStimuli(service, model, body, set?.stimuli);
    const { signal } = c.req.raw;
    const onProgress = () => refuseIfLate(deadline, clock);
    const found = await timed(c, clock, 'infer', () => run({ signal, onProgress }));
    const trace = c.get('trace');
    trace.neurons = found.neurons.length;
    const type = accepts(c, {
      header: 'Accept',
      supports: ['application/json', 'application/x-npy', 'image/png'],
      default: 'application/json',
    });
    switch (type) {
      case 'application/x-npy': {
        const { values, shape } = preferredArray(found);
        return answerNpy(c, clock, values, shape);
      }
      case 'image/png': {
        const png = await timed(c, clock, 'encode', () => encodePng(preferredSheet(found)));
        return c.body(new Uint8Array(png), 200, { 'Content-Type': type });
      }
      default:
        return answerJson(c, clock, () => ({
          model: modelIdentity(model),
          ...preferredAnswer(found),
          timing: timing(trace),
          id: trace.requestId,
        }));
    }
  }
}
