import {
  decodeAnswer,
  encodeFrame,
  FLAGS,
  type FrameTimes,
  type PixelType,
  type StreamAnswer,
} from '../formats/stream-frames.js';
import { type ClockReading, type Exchange, readClock } from './clock.js';
import { Problem, readProblem } from './problem.js';
import type { Answers, Sender } from './routes.js';

export interface StreamOptions {
  /** Ids; all by default. Only these are computed, and answered in this order. */
  readonly neurons?: readonly number[];
  /** Of the images: `uint8` (0..255, the default) or `float32` (0..1). */
  readonly dtype?: PixelType;
  /** Milliseconds after which an image is rejected, not answered late. */
  readonly patience?: number;
  /** Whether each answer has the standard deviation of an ensemble's members. */
  readonly spread?: boolean;
  /** Clock probes at the opening; 16 by default, 0 for none. */
  readonly probes?: number;
  /** Where the runtime has no `WebSocket`, as Node 20: that of the package ws. */
  readonly webSocket?: typeof WebSocket;
  /** The client's clock in milliseconds; `performance.now` by default. */
  readonly clock?: () => number;
}

/** The answer to one image. Times are in milliseconds. */
export interface Reply {
  /** The number of the frame in the stream, from 0; clock probes are frames too. */
  readonly sequence: number;
  readonly responses: Float32Array;
  /** The standard deviation of an ensemble's members, where the stream was opened with it. */
  readonly spread: Float32Array | null;
  /** Where the time went in the service. */
  readonly times: FrameTimes;
  /** When the image was sent and when its answer was read, by the client's clock. */
  readonly sent: number;
  readonly answered: number;
  /** When the service read the image and when it answered, by the service's clock: Unix time. */
  readonly received: number;
  readonly returned: number;
  /** Whether the image gives a warning of its contrast, or of the spread of an ensemble's members. */
  readonly isOutside: boolean;
  /** Whether the service will soon close the stream. */
  readonly isClosing: boolean;
}

/** A stream that is open. */
export interface Stream {
  /** Of the service against the client's; null without probes. */
  readonly clock: ClockReading | null;
  /**
   * Sends an image; several may be on the way.
   * @param pixels row-major, of the size and type of the stream
   * @throws Problem where this image has no responses, or with status 0 where the stream has ended
   */
  respond(pixels: Uint8Array | Float32Array): Promise<Reply>;
  /** Compares the clocks again. Clocks drift: do so between the blocks of a long session. */
  synchronize(probes?: number): Promise<ClockReading>;
  /** Resolves when the stream has ended, with the reason; '' where the client closed it. */
  readonly ended: Promise<string>;
  close(): void;
}

/** The model of a stream. */
export interface StreamPlace extends Sender {
  readonly key: string | undefined;
  readonly card: Pick<Answers['card'], 'name' | 'version' | 'digest' | 'stimulus'>;
}

/** A frame that has not been answered. */
interface Waiting {
  readonly sent: number;
  readonly resolve: (answer: Arrived) => void;
  readonly reject: (problem: Problem) => void;
}

interface Arrived {
  readonly answer: StreamAnswer;
  readonly exchange: Exchange;
}

/** The code with which a client closes. */
const OVER = 1000;
const NO_PIXELS = new Uint8Array(0);
const PROBES = 16;

/** Opens a stream to one version of a model. @throws Problem with the reason of the service */
export async function openStream(place: StreamPlace, options: StreamOptions = {}): Promise<Stream> {
  const { spread = false, probes = PROBES, clock = () => performance.now() } = options;
  const socket = await openSocket(place, options);
  const waiting: Waiting[] = [];
  let reading: ClockReading | null = null;
  let isOver = false;
  const ended = new Promise<string>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => {
      isOver = true;
      const problem = hasEnded(reason);
      for (const { reject } of waiting.splice(0)) reject(problem);
      resolve(code === OVER ? '' : reason || `code ${code}`);
    });
  });
  socket.addEventListener('message', ({ data }) => {
    const answered = clock();
    const answer = decodeAnswer(new Uint8Array(data as ArrayBuffer), true);
    const next = waiting.shift();
    if (next === undefined) return;
    if (answer.status >= 400) return next.reject(new Problem(answer.status, answer.message));
    const { received, sent: returned } = answer.service!;
    const times = { received: milliseconds(received), returned: milliseconds(returned) };
    next.resolve({ answer, exchange: { sent: next.sent, answered, ...times } });
  });

  function exchange(pixels: Uint8Array | Float32Array): Promise<Arrived> {
    return new Promise((resolve, reject) => {
      if (isOver) throw hasEnded('');
      const sent = clock();
      waiting.push({ sent, resolve, reject });
      socket.send(encodeFrame(pixels, BigInt.asUintN(64, BigInt(Math.round(1e6 * sent)))));
    });
  }

  const stream: Stream = {
    ended,
    get clock() {
      return reading;
    },
    async respond(pixels) {
      const { answer, exchange: times } = await exchange(pixels);
      const { sequence, responses, flags } = answer;
      const half = spread ? responses.length / 2 : responses.length;
      return {
        ...{ sequence, times: answer.times, ...times },
        responses: responses.subarray(0, half),
        spread: spread ? responses.subarray(half) : null,
        isOutside: (flags & FLAGS.outside) !== 0,
        isClosing: (flags & FLAGS.closing) !== 0,
      };
    },
    async synchronize(count = PROBES) {
      const exchanges: Exchange[] = [];
      // One after the other: a probe must not wait behind another.
      for (let i = 0; i < count; i++) exchanges.push((await exchange(NO_PIXELS)).exchange);
      reading = readClock(exchanges);
      return reading;
    },
    close: () => socket.close(OVER),
  };
  if (probes > 0) await stream.synchronize(probes);
  return stream;
}

/** Opens the WebSocket and waits until the stream is ready. */
async function openSocket(
  { origin, send, key, card }: StreamPlace,
  { neurons, dtype = 'uint8', patience, spread, webSocket = globalThis.WebSocket }: StreamOptions,
): Promise<WebSocket> {
  if (webSocket === undefined) {
    throw new Error(
      'this runtime has no WebSocket; expected one as the option webSocket, such as that of the package ws',
    );
  }
  const { height, width, channels } = card.stimulus;
  const query = new URLSearchParams({
    ...{ dtype, digest: card.digest, stamps: 'true' },
    shape: [height, width, ...(channels === 3 ? [3] : [])].join('x'),
    ...(neurons && { neurons: neurons.join(',') }),
    ...(patience !== undefined && { patience: String(patience) }),
    ...(spread && { spread: 'true' }),
  });
  const path = `/v1/models/${encodeURIComponent(card.name)}/versions/${card.version}/stream?${query}`;
  // Browsers let a page set only this header.
  const protocols = key === undefined ? [] : ['hypercolumn', `bearer.${key}`];
  const socket = new webSocket(`${origin.replace(/^http/, 'ws')}${path}`, protocols);
  socket.binaryType = 'arraybuffer';
  const isOpen = await new Promise<boolean>((resolve) => {
    // The only text message says that the stream is ready.
    socket.addEventListener('message', () => resolve(true), { once: true });
    socket.addEventListener('close', () => resolve(false), { once: true });
    // An error without a listener would end a process of Node.
    socket.addEventListener('error', () => resolve(false));
  });
  if (isOpen) return socket;
  // No runtime says why a WebSocket was rejected; the answer to a plain request does.
  const problem = await readProblem(await send(`${origin}${path}`));
  if (problem.status !== 426) throw problem;
  throw new Problem(
    0,
    'The stream cannot be opened. Check that the service is below its limit of streams, and that nothing between here and there rejects WebSockets.',
  );
}

function hasEnded(reason: string): Problem {
  return new Problem(0, `The stream has ended${reason === '' ? '' : `: ${reason}`}.`);
}

/** @param nanoseconds of Unix time @returns milliseconds, exact to a quarter of a microsecond */
function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6;
}
