import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { encodeNpy } from '../src/formats/npy.js';
import { randomStream } from '../src/network/random.js';

/** What is asked again and again. */
export interface Question {
  readonly url: string;
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** How long an answer took, in milliseconds: from the first byte sent to the last received. */
export interface Taken {
  readonly trip: number;
  /** What the service says that the engine took of it; NaN where it does not say. */
  readonly infer: number;
}

/** A client with one connection, which is kept. */
export interface HttpClient {
  /** @throws Error when the answer is not a 200 */
  ask(question: Question): Promise<Taken>;
  close(): void;
}

export function openHttpClient(): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    async ask({ url, body, headers }) {
      const begun = performance.now();
      const asked = request(url, {
        agent,
        method: 'POST',
        headers: { ...headers, 'Content-Length': body.length },
      }).end(body);
      const [answer] = await once(asked, 'response');
      const text = await buffer(answer);
      const trip = performance.now() - begun;
      if (answer.statusCode !== 200) throw new Error(`${url}: ${text.toString().slice(0, 500)}`);
      const timing = /infer;dur=([\d.]+)/.exec(answer.headers['server-timing'] ?? '');
      return { trip, infer: Number(timing?.[1]) };
    },
    close: () => agent.destroy(),
  };
}

/** Side of the stimuli, in pixels. */
const SIDE = 50;

/** Made-up 8-bit gray stimuli as a .npy file, whose answer is asked for as one too. */
export function npyQuestion(url: string, stimuli: number): Question {
  const random = randomStream(1, 'stimuli');
  const pixels = Uint8Array.from({ length: stimuli * SIDE * SIDE }, () => 256 * random.uniform());
  const type = 'application/x-npy';
  return {
    url,
    body: encodeNpy(pixels, [stimuli, SIDE, SIDE]),
    headers: { 'Content-Type': type, Accept: `${type}, application/json` },
  };
}
