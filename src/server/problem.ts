import { STATUS_CODES } from 'node:http';
import { InputError, type InputProblem } from '../errors.js';
import { DiskError } from '../files/disk-error.js';
import { ModelLostError } from '../inference/engine.js';
import { DeadlineError, DrainingError, QueueFullError } from '../inference/scheduler.js';
import { JobsClosedError, JobsFullError, ResultDamagedError } from '../jobs/errors.js';
import { PayloadTooLargeError, UnsupportedMediaError } from '../stimulus/errors.js';
import { ACCEPTED_TYPES } from '../stimulus/media-type.js';
import { DamagedError, StoreFullError } from '../storage/errors.js';
import { EngineLostError } from '../workers/engine-lost.js';

type Headers = Readonly<Record<string, string>>;

/** The client closed the connection before the answer; only the log and the metrics see it. */
export const CLIENT_GONE = 499;

/** Why a request is not answered as asked, ready to be told to the client. */
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

/** A second later the queue has moved on, the engine is back or another replica took over. */
const RETRY_SECONDS = 1;

/** In seconds; a person mends a disk. */
const DISK_RETRY: Headers = { 'Retry-After': '10' };
/** In seconds; jobs take longer than answers. */
const JOB_RETRY: Headers = { 'Retry-After': '10' };

/** 503: not now, try again. */
export function unavailable(detail: string, cause?: unknown): Problem {
  return new Problem(503, detail, { headers: retryAfter(RETRY_SECONDS), cause });
}

/**
 * 429: less, or later.
 * @param seconds after which it may be tried again
 */
export function tooMany(detail: string, seconds = RETRY_SECONDS, cause?: unknown): Problem {
  return new Problem(429, detail, { headers: retryAfter(seconds), cause });
}

/** The body, a header or the query cannot be read at all. */
export function unreadable(error: InputError): Problem {
  return new Problem(400, error.message, { errors: error.problems, cause: error });
}

/** What a client is told about anything that was thrown; a bug gives a bare 500. */
export function problemFrom(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const cause = error;
  if (error instanceof InputError) {
    const { message, problems: errors } = error;
    if (error instanceof PayloadTooLargeError) return new Problem(413, message, { errors, cause });
    if (error instanceof UnsupportedMediaError) {
      return new Problem(415, message, {
        errors,
        cause,
        headers: { 'Accept-Post': ACCEPTED_TYPES },
      });
    }
    return new Problem(errors.length > 0 ? 422 : 400, message, { errors, cause });
  }
  if (error instanceof StoreFullError) {
    return new Problem(error.tooLarge ? 413 : 507, error.message, { cause });
  }
  if (error instanceof DiskError) {
    const headers = error.isFull ? {} : DISK_RETRY;
    return new Problem(error.isFull ? 507 : 503, error.message, { headers, cause });
  }
  if (error instanceof JobsFullError) {
    if (error.of === 'stored') return new Problem(507, error.message, { cause });
    return new Problem(429, error.message, { headers: JOB_RETRY, cause });
  }
  if (error instanceof ResultDamagedError) {
    return new Problem(410, `${error.message}; delete the job and post it again`, { cause });
  }
  if (error instanceof DamagedError) {
    return new Problem(503, `${error.message} and not served; upload it again`, { cause });
  }
  if (error instanceof QueueFullError) {
    return tooMany(error.message, RETRY_SECONDS, cause);
  }
  if (
    error instanceof DeadlineError ||
    error instanceof DrainingError ||
    error instanceof JobsClosedError ||
    error instanceof EngineLostError ||
    error instanceof ModelLostError
  ) {
    return unavailable(error.message, cause);
  }
  return new Problem(500, 'an error in the service; its log has it under the requestId', { cause });
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
