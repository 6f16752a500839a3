import { once } from 'node:events';
import { WebSocket } from 'ws';
import { decodeAnswer, STAMP } from '../src/formats/stream-frames.js';
import { randomStream } from '../src/network/random.js';
import { type Latency, openHttpClient } from './http-client.js';

/** Of the stimuli of the models. */
const PIXELS = 50 * 50;

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
  const image = drawImage();
  const pixels =
    dtype === 'uint8' ? image : new Uint8Array(Float32Array.from(image, (v) => v / 255).buffer);
  const frame = new Uint8Array(STAMP + pixels.length);
  frame.set(pixels, STAMP);
  return {
    name: `stream, ${dtype}`,
    async send() {
      const begun = performance.now();
      socket.send(frame);
      const answer = await new Promise<Buffer>((resolve) => socket.once('message', resolve));
      const trip = performance.now() - begun;
      const { status, times, message } = decodeAnswer(answer, false);
      if (status !== 200) throw new Error(message);
      return { trip, infer: times.infer };
    },
    close: () => socket.close(),
  };
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
