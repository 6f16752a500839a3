import { Problem } from '../../client/problem.js';
import { openStream, type Reply, type Stream } from '../../client/stream.js';
import type { Service } from '../service/service.js';
import type { ChosenModel } from '../state/models.js';

/** A stream of the responses of all neurons of a model. */
export interface ResponseStream {
  /** @throws Problem if the service rejects the frame or the stream ends */
  respond(pixels: Float32Array): Promise<Reply>;
  close(): void;
}

/** Opens a stream with the first request, and again after it has ended. */
export function createResponseStream(
  { origin, send, key }: Service,
  { card }: ChosenModel,
): ResponseStream {
  let open: Promise<Stream> | undefined;

  function connect(): Promise<Stream> {
    const place = { origin, send, key: key() ?? undefined, card };
    const opening = openStream(place, { dtype: 'float32', probes: 0 });
    const forget = () => {
      open = undefined;
    };
    opening.then(({ ended }) => ended.then(forget), forget);
    return opening;
  }

  return {
    async respond(pixels) {
      open ??= connect();
      const stream = await open;
      return stream.respond(pixels).catch((error: unknown) => {
        if (!(error instanceof Problem) || error.status !== 0) throw error;
        throw new Problem(0, `${error.message} The next stimulus opens it again.`);
      });
    },
    close: () => void open?.then((stream) => stream.close()).catch(() => {}),
  };
}
