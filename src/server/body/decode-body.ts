import { modelCanvas } from '../../experiments/canvas.js';
import type { ServedModel } from '../../inference/catalogue.js';
import type { AppContext } from '../context.js';
import type { AppDependencies } from '../service.js';
import type { StimulusQuery } from '../stimulus-request.js';
import { storedStimuli } from '../store.js';
import { timed } from '../timing.js';
import type { DecodedSet } from './body-decoder.js';
import { bodyClient, readBody } from './read-body.js';

/** Whether a body holds stimuli alone, or may hold the real responses to them as well. */
export type BodyContent = 'stimuli' | 'set';

/**
 * Reads and decodes the body of a request that presents stimuli to a model.
 * @returns stimuli of the model's size, pixels 0..1
 * @throws Problem and InputError with what is wrong with it
 */
export async function decodeBody(
  c: AppContext,
  deps: AppDependencies,
  model: ServedModel,
  { fit, dtype }: Pick<StimulusQuery, 'fit' | 'dtype'>,
  content: BodyContent = 'stimuli',
): Promise<DecodedSet> {
  const { clock, decoder, limits } = deps;
  const body = await readBody(c, deps);
  const contentType = c.req.header('Content-Type');
  const request = { contentType, body, target: modelCanvas(model), limits, fit, dtype };
  const client = bodyClient(c, deps, storedStimuli(deps));
  return timed(c, clock, 'decode', () =>
    content === 'set'
      ? decoder.set(request, model.card.neurons.length, client)
      : decoder.stimuli(request, client),
  );
}
