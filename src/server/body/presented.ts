import { contrastRange, modelCanvas } from '../../experiments/canvas.js';
import { namedOnce, selectNeurons } from '../../experiments/neurons.js';
import type { Presentation } from '../../experiments/presentation.js';
import { reportInChunks, type StimulusReport } from '../../experiments/stimulus-report.js';
import type { ServedModel } from '../../inference/catalogue.js';
import type { AppContext } from '../context.js';
import type { AppDependencies, Service } from '../service.js';
import type { StimulusQuery } from '../stimulus-request.js';
import { storedStimuli } from '../store.js';
import { timed } from '../timing.js';
import type { DecodedSet } from './body-decoder.js';
import { bodyClient, readBody } from './read-body.js';

/** Stimuli as a model takes them, with a report on each. */
export interface ReportedStimuli extends DecodedSet {
  readonly reports: readonly StimulusReport[];
}

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

/** Whether a body holds stimuli alone, or may hold the real responses to them as well. */
export type BodyContent = 'stimuli' | 'set';

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
  const inQuery =
    query.neurons === undefined ? undefined : selectNeurons(model.card, query.neurons);
  const { neurons, ...presented } = await decodeForModel(c, deps, model, query, content);
  const named = namedOnce(query.neurons, neurons);
  return { ...presented, model, ...(inQuery ?? selectNeurons(model.card, named)) };
}

/** Reads and decodes the body of a request that presents stimuli to a model. */
export async function decodeForModel(
  c: AppContext,
  deps: AppDependencies,
  model: ServedModel,
  { fit, dtype }: Pick<StimulusQuery, 'fit' | 'dtype'>,
  content: BodyContent = 'stimuli',
): Promise<ReportedStimuli> {
  const { clock, decoder, limits } = deps;
  const body = await readBody(c, deps);
  const contentType = c.req.header('Content-Type');
  const request = { contentType, body, target: modelCanvas(model), limits, fit, dtype };
  const client = bodyClient(c, deps, storedStimuli(deps));
  return timed(c, clock, 'decode', async () => {
    const decoded: DecodedSet =
      content === 'set'
        ? await decoder.set(request, model.card.neurons.length, client)
        : await decoder.stimuli(request, client);
    return { ...decoded, reports: await reportInChunks(contrastRange(model), decoded) };
  });
}
