import { hc } from 'hono/client';
import { decodeNpy, type NpyArray } from '../../formats/npy.js';
import type { Contract } from '../../server/contract.js';
import { problemOf, unreachable } from './problem.js';

/** A request as it was sent, from which the page makes the command that does the same. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, what stands in a file, the fields of a form, or nothing. */
  readonly body:
    | { readonly json: string }
    | { readonly file: string }
    | { readonly form: readonly FormField[] }
    | null;
}

/** A field of a form: a text, or a file by its name. */
export type FormField = { readonly name: string } & (
  | { readonly text: string }
  | { readonly file: string }
);

export interface Answered<T> {
  readonly value: T;
  readonly headers: Headers;
  readonly request: SentRequest;
}

/** An answer of the client, which knows the type of its JSON. */
interface Answer<T> {
  readonly ok: boolean;
  readonly headers: Headers;
  json(): Promise<T>;
}

export type Service = ReturnType<typeof createService>;

/**
 * Asks the service that the page came from.
 * @param origin its address, without a slash at the end
 * @param key of the service, where it needs one
 */
export function createService(origin: string, key: () => string | null) {
  const requests = new WeakMap<object, SentRequest>();

  async function send(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const secret = key();
    const headers = new Headers(init.headers);
    const url = String(input);
    const request = { method: init.method ?? 'GET', url, ...told(headers, init.body) };
    if (secret !== null) headers.set('Authorization', `Bearer ${secret}`);
    const response = await fetch(url, { ...init, headers }).catch((error: unknown) => {
      throw init.signal?.aborted ? error : unreachable();
    });
    requests.set(response, request);
    return response;
  }

  /** @throws Problem as the service tells it, or because it cannot be reached */
  async function accepted<A extends { readonly ok: boolean }>(pending: Promise<A>): Promise<A> {
    const answer = await pending;
    if (!answer.ok) throw await problemOf(answer as unknown as Response);
    return answer;
  }

  function requestOf(answer: object): SentRequest {
    const request = requests.get(answer);
    if (request === undefined) throw new Error('an answer to no request');
    return request;
  }

  return {
    origin,
    key,
    /** Every route by its path, such as `client.v1.models.$get()`. */
    client: hc<Contract>(origin, { fetch: send }),
    send,
    /** The JSON of an answer. @throws Problem */
    async json<T>(pending: Promise<Answer<T>>): Promise<Answered<T>> {
      const answer = await accepted(pending);
      const { headers } = answer;
      return { value: await answer.json(), headers, request: requestOf(answer) };
    },
    /** The array of an answer that was asked for as .npy. @throws Problem */
    async npy(
      pending: Promise<{
        readonly ok: boolean;
        readonly headers: Headers;
        arrayBuffer(): Promise<ArrayBuffer>;
      }>,
    ): Promise<Answered<NpyArray>> {
      const answer = await accepted(pending);
      const { headers } = answer;
      const value = decodeNpy(new Uint8Array(await answer.arrayBuffer()));
      return { value, headers, request: requestOf(answer) };
    },
  };
}

function told(headers: Headers, body: RequestInit['body']): Pick<SentRequest, 'headers' | 'body'> {
  const list = Object.fromEntries(headers);
  if (typeof body === 'string') return { headers: list, body: { json: body } };
  if (body instanceof File) return { headers: list, body: { file: body.name } };
  if (body instanceof FormData) return { headers: list, body: { form: fieldsOf(body) } };
  return { headers: list, body: body ? { file: 'stimuli.npy' } : null };
}

function fieldsOf(form: FormData): FormField[] {
  return [...form].map(([name, value]) =>
    typeof value === 'string' ? { name, text: value } : { name, file: value.name },
  );
}
