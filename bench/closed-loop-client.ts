import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { createMessageReader, withLength } from '../src/formats/length-prefix.js';
import { decodeAnswer, STAMP } from '../src/formats/stream-frames.js';
import { randomStream } from '../src/network/random.js';
import { type Latency, openHttpClient } from './http-client.js';

/** Of the stimuli of the models. */
const PIXELS = 50 * 50;
/** Bytes of a message over TCP. */
const MOST = 2 ** 20;

/** Requests the responses of a model to one image after another. */
export interface ClosedLoopClient {
  readonly name: string;
  send(): Promise<Latency>;
  close(): void;
}

/**
 * @param model its address, such as http://127.0.0.1:8080/v1/models/demo
 * @param neurons of a request, such as 0-3
 */
export async function openClosedLoopStream(
  model: string,
  dtype: 'uint8' | 'float32',
  neurons: string,
): Promise<ClosedLoopClient> {
  const socket = new WebSocket(
    `${model.replace('http', 'ws')}/stream?dtype=${dtype}&neurons=${neurons}`,
    { perMessageDeflate: false },
  );
  await once(socket, 'message');
  return closedLoop({
    name: `stream, ${dtype}`,
    frame: drawFrame(dtype),
    send: (frame) => socket.send(frame),
    next: () => new Promise<Buffer>((resolve) => socket.once('message', resolve)),
    close: () => socket.close(),
  });
}

/**
 * Streams over plain TCP.
 * @param port its address, such as tcp://127.0.0.1:8081
 * @param neurons of a request, such as 0-3
 */
export async function openClosedLoopTcp(port: string, neurons: string): Promise<ClosedLoopClient> {
  const { hostname, port: number } = new URL(port);
  const socket = connect({ host: hostname, port: Number(number), noDelay: true });
  const messages = createMessageReader();
  let take: (message: Uint8Array) => void = () => undefined;
  socket.on('data', (bytes: Buffer) => {
    messages.push(bytes);
    for (let next = messages.next(MOST); next instanceof Uint8Array; next = messages.next(MOST)) {
      take(next);
    }
  });
  const next = () =>
    new Promise<Uint8Array>((resolve) => {
      take = resolve;
    });
  const send = (message: Uint8Array) => void socket.write(withLength(message));
  const ready = next();
  send(Buffer.from(JSON.stringify({ model: 'demo', dtype: 'uint8', neurons })));
  await ready;
  const close = () => socket.destroy();
  return closedLoop({ name: 'TCP, uint8', frame: drawFrame('uint8'), send, next, close });
}

function closedLoop({
  name,
  frame,
  send,
  next,
  close,
}: {
  readonly name: string;
  readonly frame: Uint8Array;
  readonly send: (frame: Uint8Array) => void;
  readonly next: () => Promise<Uint8Array>;
  readonly close: () => void;
}): ClosedLoopClient {
  return {
    name,
    async send() {
      const begun = performance.now();
      const answer = next();
      send(frame);
      const { status, times, message } = decodeAnswer(await answer, false);
      const trip = performance.now() - begun;
      if (status !== 200) throw new Error(message);
      return { trip, infer: times.infer, stages: { ...times } };
    },
    close,
  };
}

function drawFrame(dtype: 'uint8' | 'float32'): Uint8Array {
  const image = drawImage();
  const pixels =
    dtype === 'uint8' ? image : new Uint8Array(Float32Array.from(image, (v) => v / 255).buffer);
  const frame = new Uint8Array(STAMP + pixels.length);
  frame.set(pixels, STAMP);
  return frame;
}

/** As `openClosedLoopStream`. */
export function openClosedLoopHttp(model: string, neurons: string): ClosedLoopClient {
  const client = openHttpClient();
  const type = 'application/octet-stream';
  const request = {
    url: `${model}/responses?dtype=uint8&neurons=${neurons}`,
    body: drawImage(),
    headers: { 'Content-Type': type, Accept: type },
  };
  return { name: 'HTTP, kept alive', send: () => client.send(request), close: client.close };
}

function drawImage(): Uint8Array {
  const random = randomStream(1, 'image');
  return Uint8Array.from({ length: PIXELS }, () => 256 * random.uniform());
}
