import { unreachable } from './problem.js';
import { pause } from './retry.js';
import type { Send } from './routes.js';

export interface SendOptions {
  /** An API key, where the service needs one. */
  readonly key: string | undefined;
  /** How often a request is sent again where the service is busy or away. */
  readonly retries: number;
  readonly fetch: Send;
}

/** Answers after which the same request may succeed. After the first two, the service has done nothing. */
const RETRIED = [429, 503, 502, 504];
const REFUSED = RETRIED.slice(0, 2);
/** Methods of requests that may be done twice: of the others, an answer may be lost after the work. */
const REPEATABLE = ['GET', 'HEAD', 'PUT', 'POST'];
/** Pauses before a request is sent again, in milliseconds: the first one, and the longest after doubling. */
const PAUSE = { first: 200, longest: 30_000 };

/**
 * Sends requests with an API key, and sends them again while the service is busy or away. Each POST has an
 * `Idempotency-Key`, and a DELETE or PATCH is sent again only where the service refused it, so that nothing is done twice.
 * @returns a function as `fetch`; it throws Problem with status 0 where the service does not answer
 */
export function createSend({ key, retries, fetch }: SendOptions): Send {
  return async (input, init = {}) => {
    const headers = new Headers(init.headers);
    if (key !== undefined) headers.set('Authorization', `Bearer ${key}`);
    if (init.method === 'POST' && !headers.has('Idempotency-Key')) {
      headers.set('Idempotency-Key', crypto.randomUUID());
    }
    const isRepeatable = REPEATABLE.includes(init.method ?? 'GET');
    const retried = isRepeatable ? RETRIED : REFUSED;
    const signal = init.signal ?? new AbortController().signal;
    for (let attempt = 0; ; attempt++) {
      const isLast = attempt === retries;
      const answer = await fetch(input, { ...init, headers }).catch((error: unknown) => {
        if (signal.aborted) throw error;
        if (isLast || !isRepeatable) throw unreachable();
        return undefined;
      });
      if (answer && (isLast || !retried.includes(answer.status))) return answer;
      await answer?.body?.cancel();
      await pause(pauseAfter(answer, attempt), signal);
      signal.throwIfAborted();
    }
  };
}

/** @returns milliseconds: what the service asks for, else longer with each attempt and not the same for all clients */
function pauseAfter(answer: Response | undefined, attempt: number): number {
  const seconds = answer?.headers.get('Retry-After') ?? '';
  if (/^\d+$/.test(seconds)) return Math.min(1000 * Number(seconds), PAUSE.longest);
  return Math.min(PAUSE.first * 2 ** attempt, PAUSE.longest) * (0.5 + Math.random() / 2);
}
