import { request } from 'node:http';
import type { RandomStream } from '../../src/network/random.js';

/** One kind of request that a client may send. */
export interface Kind {
  readonly name: string;
  /** Prepares a sending of about `bytes` bytes; images may take fewer. */
  prepare(bytes: number, random: RandomStream): Send | Promise<Send>;
}

/** Sends it to the service; resolves to the status of the answer, or to what happened instead. */
export type Send = (url: string, signal: AbortSignal) => Promise<string>;

/** The routes of the model that the flood is for. */
export const MODEL = '/v1/models/demo';

export function send(
  path: string,
  contentType: string,
  body: Uint8Array,
  { method = 'POST', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Send {
  const all = { 'Content-Type': contentType, 'Content-Length': body.length, ...headers };
  return (url, signal) =>
    new Promise((resolve) => {
      request(`${url}${path}`, { method, headers: all, signal, agent: false }, (answer) => {
        answer
          .resume()
          .once('end', () => resolve(String(answer.statusCode)))
          .once('error', () => resolve('given up'));
      })
        .once('error', () => resolve(signal.aborted ? 'given up' : 'cut off'))
        .end(body);
    });
}

/** As many copies of a part as fill `bytes`, between a head and a tail. */
export function repeated(head: string, part: string, tail: string, bytes: number): Buffer {
  const count = Math.max(1, Math.floor((bytes - head.length - tail.length) / part.length));
  return Buffer.from(head + part.repeat(count) + tail, 'latin1');
}
