import { type DecodedStimuli, type ReadStoredSet, resolveStored } from '../../stimulus/decode.js';
import { decodePixels } from '../../stimulus/image-pixels.js';
import type { ImageThread } from '../../stimulus/image-thread.js';
import type { ResponseMatrix } from '../../tuning/response-matrix.js';
import type { ReadInference } from '../v2/infer-request.js';
import { type BodyKind, type BodyRequest, type BodyResult, decodeTask } from './body-tasks.js';
import type { BodyThread } from './body-thread.js';
import { realResponses } from './stimulus-set.js';

/** Decodes the bodies of requests, large ones outside of the thread that answers. */
export interface BodyDecoder {
  /** @throws as `decodeStimuli` */
  stimuli(request: BodyRequest<'stimuli'>, client: BodyClient): Promise<DecodedStimuli>;
  /**
   * Stimuli, and where they were sent the real responses to them.
   * @param neurons of the model, of which there must be real responses
   * @throws as `readSet`, and InputError when the responses do not fit
   */
  set(request: BodyRequest<'set'>, neurons: number, client: BodyClient): Promise<DecodedSet>;
  /** @throws as `readInference` */
  inference(request: BodyRequest<'inference'>, client: BodyClient): Promise<ReadInference>;
}

/** What decoding for a client needs besides the body. */
export interface BodyClient {
  /** A body of a client that has left is not decoded. */
  readonly signal: AbortSignal;
  /** Where the client may name stored sets. */
  readonly readStoredSet?: ReadStoredSet;
}

export interface DecodedSet extends DecodedStimuli {
  /** `[stimuli, neurons of the model]` */
  readonly real?: ResponseMatrix;
}

export interface BodyThreads {
  readonly bodies: BodyThread;
  readonly images: ImageThread;
}

/** Bytes of a body that takes longer to decode than to be handed to another thread. */
const LARGE_BODY = 2 ** 16;

/** @param threads where there are none, everything is decoded in this thread */
export function createBodyDecoder(threads?: BodyThreads): BodyDecoder {
  return {
    async stimuli(request, client) {
      const read = await decode('stimuli', request, client);
      return resolveStored(read, request, client.readStoredSet);
    },
    async set(request, neurons, client) {
      const { set, real } = await decode('set', request, client);
      const decoded = await resolveStored(set, request, client.readStoredSet);
      if (real === undefined) return decoded;
      return { ...decoded, real: realResponses(real, decoded.stimuli.count, neurons) };
    },
    inference: (request, client) => decode('inference', request, client),
  };

  async function decode<Kind extends BodyKind>(
    kind: Kind,
    request: BodyRequest<Kind>,
    { signal }: BodyClient,
  ): Promise<BodyResult<Kind>> {
    const task = { kind, request };
    if (threads === undefined) return decodeTask(task, decodePixels);
    if (request.body.length > LARGE_BODY) return threads.bodies.run(task, signal);
    return decodeTask(task, (image) => threads.images.run(image, signal));
  }
}
