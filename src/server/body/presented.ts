import { namedOnce, selectNeurons } from '../../experiments/neurons.js';
import { type Presentation, present } from '../../experiments/presentation.js';
import type { ServedModel } from '../../inference/catalogue.js';
import type { AppContext } from '../context.js';
import type { AppDependencies, Service } from '../service.js';
import type { StimulusQuery } from '../stimulus-request.js';
import { timed } from '../timing.js';
import type { DecodedSet } from './body-decoder.js';
import { type BodyContent, decodeBody } from './decode-body.js';

/** A request to a model, before its body is read. */
export interface ModelRequest<Query> {
  readonly service: Service;
  readonly model: ServedModel;
  readonly query: Query;
  /** As `readDeadline` gives it. */
  readonly deadline: number | undefined;
}

/** What a request presents to a model, with the recorded responses to it where they were sent. */
export interface Presented extends Presentation, Pick<DecodedSet, 'storedAs' | 'real'> {}

/**
 * Reads the body of a request that presents stimuli to a model.
 * @throws Problem and InputError with what is wrong with it
 */
export async function readPresented(
  c: AppContext,
  deps: AppDependencies,
  { model, query }: ModelRequest<StimulusQuery>,
  content: BodyContent = 'stimuli',
): Promise<Presented> {
  // Unknown neurons are reported before a large body is read.
  if (query.neurons !== undefined) selectNeurons(model.card, query.neurons);
  const { neurons, ...decoded } = await decodeBody(c, deps, model, query, content);
  return timed(c, deps.clock, 'decode', () =>
    present(model, decoded, namedOnce(query.neurons, neurons)),
  );
}
