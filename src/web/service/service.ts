import { accepted, unreachable } from '../../client/problem.js';
import { routesOf } from '../../client/routes.js';
import { decodeNpy, type NpyArray } from '../../formats/npy.js';

/** A request as it was sent; the page writes it as a command. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, the content of a file, the fields of a form, or nothing. */
  readonly body:
    | { readonly json: string }
    | { readonly file: string }
    | { readonly form: readonly FormField[] }
    | null;
}

/** A form field: a text, or the name of a file. */
type FormField = { readonly name: string } & (
  | { readonly text: string }
  | { readonly file: string }
);

export interface Answered<T> {
  readonly value: T;
  readonly headers: Headers;
  readonly request: SentRequest;
}

/** A response of the typed client. */
interface Answer<T> {
  readonly ok: boolean;
  readonly headers: Headers;
  json(): Promise<T>;
}

export type Service = ReturnType<typeof createService>;

/**
 * Creates the client of the service that served the page.
 * @param origin address of the service, without a trailing slash
 * @param key returns the API key, or null
 */
export function createService(origin: string, key: () => string | null) {
  const requests = new WeakMap<object, SentRequest>();

  async function send(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const secret = key();
    const headers = new Headers(init.headers);
    const url = String(input);
    const request = { method: init.method ?? 'GET', url, ...describeRequest(headers, init.body) };
    if (secret !== null) headers.set('Authorization', `Bearer ${secret}`);
    const response = await fetch(url, { ...init, headers }).catch((error: unknown) => {
      throw init.signal?.aborted ? error : unreachable();
    });
    requests.set(response, request);
    return response;
  }

  function findRequest(answer: object): SentRequest {
    const request = requests.get(answer);
    if (request === undefined) throw new Error('no request was recorded for this response');
    return request;
  }

  return {
    origin,
    key,
    /** The typed client of all routes, such as `client.v1.models.$get()`. */
    client: routesOf({ origin, send }),
    send,
    /** Reads the JSON of a response. @throws Problem */
    async json<T>(pending: Promise<Answer<T>>): Promise<Answered<T>> {
      const answer = await accepted(pending);
      const { headers } = answer;
      return { value: await answer.json(), headers, request: findRequest(answer) };
    },
    /** Reads the array of an .npy response. @throws Problem */
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
      return { value, headers, request: findRequest(answer) };
    },
  };
}

function describeRequest(
  headers: Headers,
  body: RequestInit['body'],
): Pick<SentRequest, 'headers' | 'body'> {
  const list = Object.fromEntries(headers);
  if (typeof body === 'string') return { headers: list, body: { json: body } };
  if (body instanceof File) return { headers: list, body: { file: body.name } };
  if (body instanceof FormData) return { headers: list, body: { form: formFields(body) } };
  return { headers: list, body: body ? { file: 'stimuli.npy' } : null };
}

function formFields(form: FormData): FormField[] {
  return [...form].map(([name, value]) =>
    typeof value === 'string' ? { name, text: value } : { name, file: value.name },
  );
}
