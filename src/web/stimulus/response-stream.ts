import { decodeAnswer, encodeFrame, type StreamAnswer } from '../../formats/stream-frames.js';
import { imageAxes } from '../figures/image-shape.js';
import { Problem } from '../service/problem.js';
import type { Service } from '../service/service.js';
import type { ChosenModel } from '../state/models.js';

/** A stream of the responses of all neurons of a model. */
export interface ResponseStream {
  /** @throws Problem if the service rejects the frame or the stream ends */
  respond(pixels: Float32Array): Promise<StreamAnswer>;
  close(): void;
}

interface Waiting {
  readonly resolve: (answer: StreamAnswer) => void;
  readonly reject: (problem: Problem) => void;
}

/** Opens a stream with the first request, and again after it has ended. */
export function createResponseStream(
  service: Service,
  { param, card }: ChosenModel,
): ResponseStream {
  let open: Promise<WebSocket> | undefined;
  const waiting: Waiting[] = [];

  function connect(): Promise<WebSocket> {
    const query = new URLSearchParams({
      dtype: 'float32',
      shape: imageAxes(card.stimulus).join('x'),
      digest: card.digest,
    });
    const path = `/v1/models/${param.model}/versions/${param.version}/stream?${query}`;
    const key = service.key();
    // Browsers let a page set only this header.
    const socket = new WebSocket(
      `${service.origin.replace(/^http/, 'ws')}${path}`,
      key === null ? [] : ['hypercolumn', `bearer.${key}`],
    );
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('close', ({ reason }) => {
      open = undefined;
      const cause = reason === '' ? '' : `: ${reason}`;
      const problem = new Problem(
        0,
        `The stream has ended${cause}. The next stimulus opens it again.`,
      );
      for (const { reject } of waiting.splice(0)) reject(problem);
    });
    return new Promise((resolve, reject) => {
      socket.addEventListener('close', () => {
        reject(
          new Problem(
            0,
            'The stream to the model cannot be opened. Check that the service is running and below its limit of streams.',
          ),
        );
      });
      socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer | string>) => {
        // The only text message means that the stream is ready.
        if (typeof data === 'string') resolve(socket);
        else settle(decodeAnswer(new Uint8Array(data), false));
      });
    });
  }

  function settle(answer: StreamAnswer): void {
    const next = waiting.shift();
    if (answer.status === 200) next?.resolve(answer);
    else next?.reject(new Problem(answer.status, answer.message));
  }

  return {
    async respond(pixels) {
      open ??= connect();
      const socket = await open;
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        socket.send(encodeFrame(pixels, 0n));
      });
    },
    close: () => void open?.then((socket) => socket.close(1000)).catch(() => {}),
  };
}
