import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { readBody } from '../body/read-body.js';
import type { AppContext, RequestLog } from '../context.js';
import { Problem } from '../problem.js';
import { readDeadline, rejectIfLate } from '../request.js';
import type { Handler } from '../route.js';
import type { AppDependencies } from '../service.js';

/** Milliseconds for which an answer is kept. */
const KEPT_FOR = 3_600_000;
/** Bytes of all kept answers; those used least recently are dropped first. */
const CAPACITY = 64 * 2 ** 20;
/** Bytes that a kept answer takes besides its body. */
const OVERHEAD = 1024;

const KEY = /^[\x21-\x7e]{1,255}$/;
/** Headers that make a request another one, besides its path, query and body. */
const DISTINGUISHING = ['Content-Type', 'Accept', 'If-Match'] as const;

interface Kept {
  readonly fingerprint: string;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer>;
  readonly log: Omit<RequestLog, 'route' | 'seconds'>;
}

interface Running {
  readonly fingerprint: string;
  /** Undefined when it failed, so that it may be tried again. */
  readonly answer: Promise<Kept | undefined>;
}

/**
 * Makes a route safe to retry: requests of one client with the same `Idempotency-Key` and path get the
 * answer of the first, also while that is still in progress. Answers are kept in memory for an hour, as far
 * as there is room; a failure is not kept, so that the request can be tried again.
 * @returns a handler that throws Problem 422 when the key came with another request before, 400 when
 *   it is no key
 */
export function idempotent(deps: AppDependencies): (handler: Handler) => Handler {
  const { clock } = deps;
  const kept = new LRUCache<string, Kept>({
    maxSize: CAPACITY,
    sizeCalculation: ({ body }) => body.length + OVERHEAD,
    ttl: KEPT_FOR,
    ttlResolution: 0,
    perf: { now: clock },
  });
  const running = new Map<string, Running>();
  return (handler) => (c) => {
    const key = c.req.header('Idempotency-Key');
    return key === undefined ? handler(c) : answerOnce(c, key, handler);
  };

  async function answerOnce(c: AppContext, key: string, handler: Handler): Promise<Response> {
    if (!KEY.test(key)) {
      throw new Problem(400, 'Idempotency-Key must be 1 to 255 visible ASCII characters');
    }
    const deadline = readDeadline(c);
    const body = await readBody(c, deps);
    c.req.raw = withBody(c.req.raw, body);
    const { clientId = null, keyName } = c.get('request');
    // A service without keys of its own may be behind a proxy that checks some.
    const authorization = keyName === undefined ? (c.req.header('Authorization') ?? null) : null;
    const scope = sha256([c.req.path, key, clientId, authorization]);
    const headers = DISTINGUISHING.map((name) => c.req.header(name) ?? null);
    const fingerprint = sha256([new URL(c.req.url).search, ...headers], body);
    for (let known = find(scope); known; known = find(scope)) {
      if (known.fingerprint !== fingerprint) {
        throw new Problem(
          422,
          'this Idempotency-Key came with another request before; use a new one',
        );
      }
      const answer = 'answer' in known ? await known.answer : known;
      c.req.raw.signal.throwIfAborted();
      rejectIfLate(deadline, clock);
      if (answer) return replay(c, answer);
    }
    return answerFirst(c, { scope, fingerprint }, handler);
  }

  function find(scope: string): Kept | Running | undefined {
    return running.get(scope) ?? kept.get(scope);
  }

  async function answerFirst(
    c: AppContext,
    { scope, fingerprint }: { readonly scope: string; readonly fingerprint: string },
    handler: Handler,
  ): Promise<Response> {
    let settle: (answer?: Kept) => void = () => {};
    const answer = new Promise<Kept | undefined>((resolve) => {
      settle = resolve;
    });
    running.set(scope, { fingerprint, answer });
    try {
      const response = await handler(c);
      const { status, ok } = response;
      const body = new Uint8Array(await response.arrayBuffer());
      const headers = [...response.headers];
      const { route: _, seconds: __, ...log } = c.get('log');
      const made = { fingerprint, status, headers, body, log };
      if (ok) {
        kept.set(scope, made);
        settle(made);
      }
      return createResponse(made);
    } finally {
      running.delete(scope);
      settle();
    }
  }
}

function replay(c: AppContext, answer: Kept): Response {
  Object.assign(c.get('log'), answer.log);
  const response = createResponse(answer);
  response.headers.set('Idempotency-Replayed', 'true');
  return response;
}

function createResponse({ status, headers, body }: Kept): Response {
  const list = headers.map(([name, value]): [string, string] => [name, value]);
  return new Response(status === 204 ? null : body, { status, headers: list });
}

/** The same request with a body that can be read again. */
function withBody({ url, method, headers, signal }: Request, body: Uint8Array): Request {
  return new Request(url, { method, headers, signal, body: new Uint8Array(body) });
}

function sha256(parts: readonly unknown[], bytes: Uint8Array = new Uint8Array()): string {
  return createHash('sha256').update(JSON.stringify(parts)).update(bytes).digest('hex');
}
