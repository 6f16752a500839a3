import {
  readStimuli,
  type StimuliOrSet,
  type StimulusRequest,
} from '../../stimulus/decode/decode.js';
import {
  type InferenceTask,
  type ReadInference,
  readInference,
} from '../open-inference/infer-request.js';
import { type ReadSet, readSet } from './stimulus-set.js';

/** The kinds of body: the request to decode each, as data, and its result. */
interface BodyKinds {
  readonly stimuli: { readonly request: StimulusRequest; readonly result: StimuliOrSet };
  readonly set: { readonly request: StimulusRequest; readonly result: ReadSet };
  readonly inference: { readonly request: InferenceTask; readonly result: ReadInference };
}
export type BodyKind = keyof BodyKinds;
export type BodyRequest<Kind extends BodyKind> = BodyKinds[Kind]['request'];
export type BodyResult<Kind extends BodyKind> = BodyKinds[Kind]['result'];

/** One body to decode. */
export interface BodyTask<Kind extends BodyKind> {
  readonly kind: Kind;
  readonly request: BodyRequest<Kind>;
}

type Decoders = {
  readonly [Kind in BodyKind]: (request: BodyRequest<Kind>) => Promise<BodyResult<Kind>>;
};

const DECODERS: Decoders = {
  stimuli: readStimuli,
  set: readSet,
  inference: async (request) => readInference(request),
};

/**
 * Decodes a body in this thread.
 * @throws InputError and its kinds, TooMuchWorkError beyond `maxWork`
 */
export function decodeTask<Kind extends BodyKind>({
  kind,
  request,
}: BodyTask<Kind>): Promise<BodyResult<Kind>> {
  return DECODERS[kind](request);
}

/** The buffers of a result, which can move to another thread. */
export function listBuffers(result: BodyResult<BodyKind>): ArrayBufferLike[] {
  if ('stimuli' in result) return [result.stimuli.pixels.buffer];
  const { set, real } = 'set' in result ? result : { set: result };
  const stimuli = 'decoded' in set ? [set.decoded.stimuli.pixels.buffer] : [];
  return real ? [...stimuli, real.values.buffer] : stimuli;
}
