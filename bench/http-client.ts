import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { encodeNpy } from '../src/formats/npy.js';
import { randomStream } from '../src/network/random.js';

/** The repeated request. */
export interface BenchRequest {
  readonly url: string;
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** How long an answer took, in milliseconds: from the first byte sent to the last received. */
export interface Latency {
  readonly trip: number;
  /** Milliseconds in the engine as reported by the service; NaN without a report. */
  readonly infer: number;
  readonly stages: StageTimes;
}

/** Milliseconds of each stage as reported by the service. */
export type StageTimes = Readonly<Record<string, number>>;

/** A client with one kept connection. */
export interface HttpClient {
  /** @throws Error when the answer is not a 200 */
  send(request: BenchRequest): Promise<Latency>;
  /** @returns milliseconds of a GET */
  get(url: string): Promise<number>;
  close(): void;
}

export function openHttpClient(): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    async send({ url, body, headers }) {
      const begun = performance.now();
      const pending = request(url, {
        agent,
        method: 'POST',
        headers: { ...headers, 'Content-Length': body.length },
      }).end(body);
      const [answer] = await once(pending, 'response');
      const text = await buffer(answer);
      const trip = performance.now() - begun;
      if (answer.statusCode !== 200) throw new Error(`${url}: ${text.toString().slice(0, 500)}`);
      const stages = readStages(String(answer.headers['server-timing'] ?? ''));
      return { trip, infer: stages['infer'] ?? Number.NaN, stages };
    },
    async get(url) {
      const begun = performance.now();
      const [answer] = await once(request(url, { agent }).end(), 'response');
      await buffer(answer);
      return performance.now() - begun;
    },
    close: () => agent.destroy(),
  };
}

function readStages(timing: string): StageTimes {
  const found = timing.matchAll(/(\w+);dur=([\d.]+)/g);
  return Object.fromEntries(Array.from(found, ([, stage, time]) => [stage, Number(time)]));
}

/** Side of the stimuli, in pixels. */
const SIDE = 50;

/** Random 8-bit gray stimuli as a .npy file; the answer is a .npy file too. */
export function npyRequest(url: string, stimuli: number): BenchRequest {
  const random = randomStream(1, 'stimuli');
  const pixels = Uint8Array.from({ length: stimuli * SIDE * SIDE }, () => 256 * random.uniform());
  const type = 'application/x-npy';
  return {
    url,
    body: encodeNpy(pixels, [stimuli, SIDE, SIDE]),
    headers: { 'Content-Type': type, Accept: `${type}, application/json` },
  };
}
