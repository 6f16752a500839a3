import { once } from 'node:events';
import { WebSocket } from 'ws';
import { HEADER, STAMP } from '../src/formats/stream-frames.js';
import { randomStream } from '../src/network/random.js';
import { type Latency, openHttpClient } from './http-client.js';

/** Of the stimuli of models/demo. */
const PIXELS = 50 * 50;

/** Requests the responses of models/demo to one image after another. */
export interface ClosedLoopClient {
  readonly name: string;
  send(): Promise<Latency>;
  close(): void;
}

/** @param neurons of a request, such as 0-3 */
export async function openClosedLoopStream(
  url: string,
  dtype: 'uint8' | 'float32',
  neurons: string,
): Promise<ClosedLoopClient> {
  const socket = new WebSocket(
    `${url.replace('http', 'ws')}/v1/models/demo/stream?dtype=${dtype}&neurons=${neurons}`,
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
      if (answer.readUInt16LE(4) !== 200) throw new Error(answer.toString('utf8', HEADER));
      return { trip, infer: answer.readFloatLE(24) };
    },
    close: () => socket.close(),
  };
}

/** @param neurons of a request, such as 0-3 */
export function openClosedLoopHttp(url: string, neurons: string): ClosedLoopClient {
  const client = openHttpClient();
  const type = 'application/octet-stream';
  const request = {
    url: `${url}/v1/models/demo/responses?dtype=uint8&neurons=${neurons}`,
    body: drawImage(),
    headers: { 'Content-Type': type, Accept: type },
  };
  return { name: 'HTTP, kept alive', send: () => client.send(request), close: client.close };
}

function drawImage(): Uint8Array {
  const random = randomStream(1, 'image');
  return Uint8Array.from({ length: PIXELS }, () => 256 * random.uniform());
}
