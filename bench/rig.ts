import { once } from 'node:events';
import { WebSocket } from 'ws';
import { HEADER, STAMP } from '../src/formats/stream-frames.js';
import { randomStream } from '../src/network/random.js';
import { openHttpClient, type Taken } from './http-client.js';

/** Of the stimuli of models/demo. */
const PIXELS = 50 * 50;

/** Asks models/demo for the responses to one image, again and again. */
export interface Rig {
  readonly name: string;
  ask(): Promise<Taken>;
  close(): void;
}

/** @param neurons asked for, such as 0-3 */
export async function openStreamRig(
  url: string,
  dtype: 'uint8' | 'float32',
  neurons: string,
): Promise<Rig> {
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
    async ask() {
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

/** @param neurons asked for, such as 0-3 */
export function openHttpRig(url: string, neurons: string): Rig {
  const client = openHttpClient();
  const type = 'application/octet-stream';
  const question = {
    url: `${url}/v1/models/demo/responses?dtype=uint8&neurons=${neurons}`,
    body: drawImage(),
    headers: { 'Content-Type': type, Accept: type },
  };
  return { name: 'HTTP, kept alive', ask: () => client.ask(question), close: client.close };
}

function drawImage(): Uint8Array {
  const random = randomStream(1, 'image');
  return Uint8Array.from({ length: PIXELS }, () => 256 * random.uniform());
}
