import { realResponses } from '../../experiments/set-tuning/real-responses.js';
import {
  type DecodedStimuli,
  type ReadStoredSet,
  resolveStored,
  type StimuliOrSet,
} from '../../stimulus/decode/decode.js';
import type { ResponseMatrix } from '../../tuning/response-matrix.js';
import { TooMuchWorkError } from '../../workers/too-much-work.js';
import type { ReadInference } from '../open-inference/infer-request.js';
import {
  type BodyKind,
  type BodyRequest,
  type BodyResult,
  decodeTask,
  listBuffers,
} from './body-tasks.js';
import type { BodyThread } from './body-thread.js';
import { type MemoryBudget, type MemoryClient, SMALL_BODY } from './memory-budget.js';

/** Decodes the bodies of requests; long work is done in other threads than the one that answers. */
export interface BodyDecoder {
  /** @throws as `decodeStimuli` */
  stimuli(request: BodyRequest<'stimuli'>, client: BodyClient): Promise<DecodedStimuli>;
  /**
   * Stimuli, and the real responses to them where the body has some.
   * @param neurons number of neurons of the model, which is the number of columns of real responses
   * @throws as `readSet`, and InputError when the responses do not fit
   */
  set(request: BodyRequest<'set'>, neurons: number, client: BodyClient): Promise<DecodedSet>;
  /** @throws as `readInference` */
  inference(request: BodyRequest<'inference'>, client: BodyClient): Promise<ReadInference>;
}

/** A client for which a body is decoded. */
export interface BodyClient extends MemoryClient {
  /** Keeps memory until the request has been answered, when `release` is called. */
  readonly hold: (release: () => void) => void;
  /** Reads a stored set; undefined where the client may not name one. */
  readonly readStoredSet?: ReadStoredSet;
}

export interface DecodedSet extends DecodedStimuli {
  /** `[stimuli, neurons of the model]` */
  readonly real?: ResponseMatrix;
}

export interface BodyDecoderOptions {
  /** Without threads, everything is decoded in this one. */
  readonly threads?: DecodingThreads;
  /** For decoded stimuli. */
  readonly memory: MemoryBudget;
}

export interface DecodingThreads {
  /** For bodies that take milliseconds, such as a photograph. */
  readonly quick: BodyThread;
  /** For bodies that take up to seconds, such as megabytes of JSON. */
  readonly bulk: BodyThread;
}

/** Pixels that are decoded faster than they would be sent to another thread. */
const MAX_PIXELS_HERE = 2 ** 16;
/** The most bytes and pixels that the quick thread decodes; more would delay the next image for too long. */
const [MAX_QUICK_BODY, MAX_QUICK_PIXELS] = [2 ** 20, 2 ** 22];

/**
 * Bytes that must be free before the bulk thread decodes the next body: what it decodes takes memory
 * before its size is known.
 */
const BULK_ROOM = 2 ** 26;

export function createBodyDecoder({ threads, memory }: BodyDecoderOptions): BodyDecoder {
  return {
    async stimuli(request, client) {
      const read = await decode('stimuli', request, client);
      return resolve(read, request, client);
    },
    async set(request, neurons, client) {
      const { set, real } = await decode('set', request, client);
      const decoded = await resolve(set, request, client, real?.values.byteLength);
      if (real === undefined) return decoded;
      return { ...decoded, real: realResponses(real, decoded.stimuli.count, neurons) };
    },
    inference: (request, client) => decode('inference', request, client),
  };

  async function resolve(
    read: StimuliOrSet,
    request: BodyRequest<'stimuli'>,
    client: BodyClient,
    otherBytes = 0,
  ): Promise<DecodedStimuli> {
    const decoded = await resolveStored(read, request, client.readStoredSet);
    if ('named' in read) await takeRoom(decoded.stimuli.pixels.byteLength + otherBytes, client);
    return decoded;
  }

  async function decode<Kind extends BodyKind>(
    kind: Kind,
    request: BodyRequest<Kind>,
    client: BodyClient,
  ): Promise<BodyResult<Kind>> {
    if (threads === undefined) return decodeTask({ kind, request });
    const options = {
      signal: client.signal,
      async take(result: BodyResult<BodyKind>) {
        if (!namesStoredSet(result)) await takeRoom(countBytes(result), client);
      },
    };
    const here = () => decodeTask({ kind, request: { ...request, maxWork: MAX_PIXELS_HERE } });
    const quick = () =>
      threads.quick.run({ kind, request: { ...request, maxWork: MAX_QUICK_PIXELS } }, options);
    const { length } = request.body;
    const ways = length <= SMALL_BODY ? [here, quick] : length <= MAX_QUICK_BODY ? [quick] : [];
    for (const way of ways) {
      try {
        return await way();
      } catch (error) {
        if (!(error instanceof TooMuchWorkError)) throw error;
      }
    }
    const prepare = async () => (await memory.enter(BULK_ROOM, client))();
    return threads.bulk.run({ kind, request }, { ...options, prepare });
  }

  async function takeRoom(bytes: number, client: BodyClient): Promise<void> {
    client.hold(await memory.enter(bytes, client));
  }
}

/**
 * Whether a stored set remains to be read. Room is then taken for everything together: a request that held
 * some room and waited for more could wait for itself.
 */
function namesStoredSet(result: BodyResult<BodyKind>): boolean {
  return 'named' in ('set' in result ? result.set : result);
}

function countBytes(result: BodyResult<BodyKind>): number {
  return listBuffers(result).reduce((sum, { byteLength }) => sum + byteLength, 0);
}
