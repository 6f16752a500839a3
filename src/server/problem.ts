import { STATUS_CODES } from 'node:http';
import { type InputError, type InputProblem, PublicError } from '../errors.js';
import { ACCEPTED_TYPES } from '../stimulus/decode/media-type.js';

type Headers = Readonly<Record<string, string>>;

/** The client closed the connection before the answer; only the log and the metrics see it. */
export const CLIENT_GONE = 499;

/** The reason why a request fails, for the client. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly errors: readonly InputProblem[];
  readonly headers: Headers;

  constructor(
    status: number,
    detail: string,
    more: { errors?: readonly InputProblem[]; headers?: Headers; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause });
    this.status = status;
    this.errors = more.errors ?? [];
    this.headers = more.headers ?? {};
  }
}

/** After this time the queue has moved on, the engine is back or another replica has taken over. */
const RETRY_SECONDS = 1;

/** 503: the client can try again soon. */
export function unavailable(detail: string): Problem {
  return new Problem(503, detail, { headers: retryAfter(RETRY_SECONDS) });
}

/**
 * 429: the client sent too many requests.
 * @param seconds after which it may be tried again
 */
export function tooMany(detail: string, seconds = RETRY_SECONDS): Problem {
  return new Problem(429, detail, { headers: retryAfter(seconds) });
}

/** The body, a header or the query cannot be read at all. */
export function unreadable(error: InputError): Problem {
  return new Problem(400, error.message, { errors: error.problems, cause: error });
}

/** Headers of every answer with a status. */
const STATUS_HEADERS: Readonly<Record<number, Headers>> = {
  415: { 'Accept-Post': ACCEPTED_TYPES },
};

/** The problem with which anything that was thrown is answered; a bug gives a bare 500. */
export function problemFrom(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const cause = error;
  if (!(error instanceof PublicError)) {
    const detail = 'an error in the service; its log has it under the requestId';
    return new Problem(500, detail, { cause });
  }
  const { status, detail, problems: errors, retryAfter: seconds } = error;
  const headers = {
    ...STATUS_HEADERS[status],
    ...(seconds === undefined ? {} : retryAfter(seconds)),
  };
  return new Problem(status, detail, { errors, headers, cause });
}

/** The problem as an answer, RFC 9457. */
export function problemResponse(problem: Problem, requestId: string): Response {
  const { status, errors, headers } = problem;
  const body = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Client Closed Request',
    status,
    detail: problem.message,
    ...(errors.length > 0 ? { errors } : {}),
    requestId,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
  });
}

/** Whole seconds, since the header takes no others. */
function retryAfter(seconds: number): Headers {
  return { 'Retry-After': String(Math.ceil(seconds)) };
}
