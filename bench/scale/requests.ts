import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type BenchRequest, npyRequest } from '../http-client.js';

/** What clients saw. */
export interface Seen {
  answered: number;
  /** Answers with another status than 200, and connections that ended without an answer. */
  failed: number;
}

export interface Load {
  readonly seen: Readonly<Seen>;
  /** Resolves when clients have seen so many more answers. */
  more(answers: number): Promise<void>;
  end(): Promise<void>;
}

export interface LoadOptions {
  readonly url: string;
  readonly model: string;
  readonly clients: number;
  /** Images in a request. */
  readonly images: number;
  /** Whether requests carry a key, so that HAProxy may send them twice. */
  readonly idempotent: boolean;
}

/** Starts clients that send one request after the other, each over a connection that is kept. */
export function startLoad({ url, model, clients, images, idempotent }: LoadOptions): Load {
  const question = npyRequest(`${url}/v1/models/${model}/responses`, images);
  const seen: Seen = { answered: 0, failed: 0 };
  const waiting: { readonly until: number; readonly resolve: () => void }[] = [];
  let ending = false;
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!ending) {
      const status = await send(question, agent, idempotent).catch(() => undefined);
      if (status === 200) seen.answered++;
      else seen.failed++;
      for (const { until, resolve } of waiting) if (seen.answered >= until) resolve();
    }
    agent.destroy();
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    seen,
    more: (answers) =>
      new Promise((resolve) => waiting.push({ until: seen.answered + answers, resolve })),
    async end() {
      ending = true;
      await all;
    },
  };
}

async function send(
  { url, headers, body }: BenchRequest,
  agent: Agent,
  idempotent: boolean,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const key = idempotent ? { 'Idempotency-Key': randomUUID() } : {};
    const sent = request(url, {
      agent,
      method: 'POST',
      headers: { ...headers, ...key, 'Content-Length': body.length },
    });
    sent.on('response', (answer) => {
      buffer(answer).then(() => resolve(answer.statusCode), reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
