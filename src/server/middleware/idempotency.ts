import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { findBoundary } from '../../stimulus/decode/form.js';
import { FORM_TYPE, mediaTypeEssence } from '../../stimulus/decode/media-type.js';
import { readBody } from '../body/read-body.js';
import type { AppContext } from '../context.js';
import { Problem } from '../problem.js';
import { readDeadline, rejectIfLate } from '../request.js';
import type { Handler } from '../route.js';
import type { AppDependencies } from '../service.js';
import type { KeptAnswer } from './shared-answers.js';

/** Milliseconds for which an answer is kept. */
export const KEPT_FOR = 3_600_000;
/** Milliseconds after which it is read again whether another service has answered. */
const POLL_MS = 50;
/** Bytes of all kept answers; those used least recently are dropped first. */
const CAPACITY = 64 * 2 ** 20;
/** Bytes that a kept answer takes besides its body. */
const OVERHEAD = 1024;

/** Pieces between boundaries of a form that are looked for; a body may consist of boundaries alone. */
const MOST_PIECES = 10_000;
const KEY = /^[\x21-\x7e]{1,255}$/;
/** Headers that make a request another one, besides its path, query and body. */
const DISTINGUISHING = ['Accept', 'If-Match'] as const;

interface Once {
  readonly scope: string;
  readonly fingerprint: string;
  readonly deadline: ReturnType<typeof readDeadline>;
}

interface Running {
  readonly fingerprint: string;
  /** Undefined when it failed, so that it may be tried again. */
  readonly answer: Promise<KeptAnswer | undefined>;
}

/**
 * Makes a route safe to retry: requests of one client with the same `Idempotency-Key` and path get the
 * answer of the first, also while that is still in progress. Answers are kept in memory for an hour, as far
 * as there is room, and where services share answers, at each of them; a failure is not kept, so that the
 * request can be tried again.
 * @returns a handler that throws Problem 422 when the key came with another request before, 400 when
 *   it is no key
 */
export function idempotent(deps: AppDependencies): (handler: Handler) => Handler {
  const { clock, sharedAnswers } = deps;
  const kept = new LRUCache<string, KeptAnswer>({
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
    const { type, pieces } = withoutBoundary(c.req.header('Content-Type') ?? null, body);
    const lengths = pieces.map(({ length }) => length);
    const parts = [new URL(c.req.url).search, type, ...headers, lengths];
    const fingerprint = sha256(parts, pieces);
    for (let known = find(scope); known; known = find(scope)) {
      requireSame(known, fingerprint);
      const answer = 'answer' in known ? await known.answer : known;
      c.req.raw.signal.throwIfAborted();
      rejectIfLate(deadline, clock);
      if (answer) return replay(c, answer);
    }
    return answerFirst(c, { scope, fingerprint, deadline }, handler);
  }

  function find(scope: string): KeptAnswer | Running | undefined {
    return running.get(scope) ?? kept.get(scope);
  }

  /** Answers, unless another service does or has done so. */
  async function answerFirst(c: AppContext, request: Once, handler: Handler): Promise<Response> {
    const { scope, fingerprint } = request;
    let settle: (answer?: KeptAnswer) => void = () => {};
    const answer = new Promise<KeptAnswer | undefined>((resolve) => {
      settle = resolve;
    });
    running.set(scope, { fingerprint, answer });
    try {
      const claim = await waitForClaim(c, request);
      if (claim?.state === 'kept') {
        kept.set(scope, claim.answer);
        settle(claim.answer);
        return replay(c, claim.answer);
      }
      let made: KeptAnswer | undefined;
      try {
        const response = await handler(c);
        const body = new Uint8Array(await response.arrayBuffer());
        const { route: _, seconds: __, ...log } = c.get('log');
        const { status, ok } = response;
        const answered = { fingerprint, status, headers: [...response.headers], body, log };
        if (!ok) return createResponse(answered);
        made = answered;
        kept.set(scope, made);
        return createResponse(made);
      } finally {
        // Not awaited: until it is stored, another service waits for it.
        void claim?.end(made);
        settle(made);
      }
    } finally {
      running.delete(scope);
      settle();
    }
  }

  /** Waits while another service answers. @returns undefined where answers are not shared now */
  async function waitForClaim(c: AppContext, { scope, fingerprint, deadline }: Once) {
    for (;;) {
      const claim = await sharedAnswers?.claim(scope, fingerprint);
      if (claim === undefined || claim.state === 'own') return claim;
      requireSame(claim.state === 'kept' ? claim.answer : claim, fingerprint);
      if (claim.state === 'kept') return claim;
      await setTimeout(POLL_MS);
      c.req.raw.signal.throwIfAborted();
      deps.cut.throwIfAborted();
      rejectIfLate(deadline, clock);
    }
  }
}

/** @throws Problem 422 */
function requireSame(known: { readonly fingerprint: string }, fingerprint: string): void {
  if (known.fingerprint === fingerprint) return;
  throw new Problem(422, 'this Idempotency-Key came with another request before; use a new one');
}

function replay(c: AppContext, answer: KeptAnswer): Response {
  Object.assign(c.get('log'), answer.log);
  const response = createResponse(answer);
  response.headers.set('Idempotency-Replayed', 'true');
  return response;
}

function createResponse({ status, headers, body }: KeptAnswer): Response {
  const list = headers.map(([name, value]): [string, string] => [name, value]);
  return new Response(status === 204 ? null : body, { status, headers: list });
}

/** The same request with a body that can be read again. */
function withBody({ url, method, headers, signal }: Request, body: Uint8Array): Request {
  return new Request(url, { method, headers, signal, body: new Uint8Array(body) });
}

/** What a request sends. Of a form, without its boundary, which clients draw anew for each request. */
function withoutBoundary(
  type: string | null,
  body: Uint8Array,
): { readonly type: string | null; readonly pieces: readonly Uint8Array[] } {
  const boundary =
    mediaTypeEssence(type ?? undefined) === FORM_TYPE ? findBoundary(type ?? '') : undefined;
  if (boundary === undefined) return { type, pieces: [body] };
  const text = Buffer.from(body.buffer, body.byteOffset, body.length);
  const pieces: Uint8Array[] = [];
  let start = 0;
  while (pieces.length < MOST_PIECES) {
    const at = text.indexOf(boundary, start);
    if (at < 0) break;
    pieces.push(body.subarray(start, at));
    start = at + boundary.length;
  }
  return { type: FORM_TYPE, pieces: [...pieces, body.subarray(start)] };
}

function sha256(parts: readonly unknown[], pieces: readonly Uint8Array[] = []): string {
  const hash = createHash('sha256').update(JSON.stringify(parts));
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}
