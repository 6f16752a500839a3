/** One thing that is wrong with an input: where it is and what to change. */
export interface InputProblem {
  readonly path: string;
  readonly message: string;
}

/**
 * An error with a message for the client: over HTTP a problem document, on the command line one line.
 * Anything else that is thrown is a bug, which is logged and hidden.
 */
export abstract class PublicError extends Error {
  /** Names the kind of error for programs; it never changes. */
  abstract readonly code: string;
  /** The HTTP status of the answer. */
  abstract readonly status: number;
  /** Seconds after which the request may be sent again; undefined where that does not help. */
  readonly retryAfter: number | undefined = undefined;
  readonly problems: readonly InputProblem[] = [];

  /** The message for a client, with what to do next. */
  get detail(): string {
    return this.message;
  }
}

/** Seconds until a queue has moved on, an engine is back or another replica has taken over. */
const SOON = 1;
/** Seconds until a job may have ended, or somebody has mended a disk. */
const LATER = 10;

/** Bad input: 422 where the problems say what is wrong where, 400 where it cannot be read at all. */
export class InputError extends PublicError {
  override readonly name = 'InputError';
  readonly code: 'input' | 'payload-too-large' | 'unsupported-media' = 'input';
  override readonly problems: readonly InputProblem[];

  constructor(message: string, problems: readonly InputProblem[] = [], options?: ErrorOptions) {
    super(message, options);
    this.problems = problems;
  }

  get status(): number {
    return this.problems.length > 0 ? 422 : 400;
  }
}

/** The input has more of something, or something larger, than is accepted. */
export class PayloadTooLargeError extends InputError {
  override readonly code = 'payload-too-large';

  override get status(): number {
    return 413;
  }
}

/** The body has a media type that is not accepted. */
export class UnsupportedMediaError extends InputError {
  override readonly code = 'unsupported-media';

  override get status(): number {
    return 415;
  }
}

/** The networks of a model have no attention. */
export class NoAttentionError extends PublicError {
  override readonly name = 'NoAttentionError';
  readonly code = 'no-attention';
  readonly status = 422;
}

/** The queue of the scheduler, or of another worker, is full. */
export class QueueFullError extends PublicError {
  override readonly name = 'QueueFullError';
  readonly code = 'queue-full';
  readonly status = 429;
  override readonly retryAfter = SOON;
}

/** The answer would come later than the client waits. */
export class DeadlineError extends PublicError {
  override readonly name = 'DeadlineError';
  readonly code = 'deadline';
  readonly status = 503;
  override readonly retryAfter = SOON;
}

/** The client closed the connection before it had an answer; only the log and the metrics see this. */
export class ClientDisconnectedError extends PublicError {
  override readonly name = 'ClientDisconnectedError';
  readonly code = 'client-disconnected';
  readonly status = 499;
}

/** The service is shutting down and takes no more requests. */
export class DrainingError extends PublicError {
  override readonly name = 'DrainingError';
  readonly code = 'draining';
  readonly status = 503;
  override readonly retryAfter = SOON;
}

/** The engine could not load a model again when it came back: the files of the model have changed. */
export class ModelLostError extends PublicError {
  override readonly name = 'ModelLostError';
  readonly code = 'model-lost';
  readonly status = 503;
  override readonly retryAfter = SOON;
}

/** A process that computes ended before it answered; the message says which process, and how it ended. */
export class EngineLostError extends PublicError {
  override readonly name = 'EngineLostError';
  readonly code = 'engine-lost';
  readonly status = 503;
  override readonly retryAfter = SOON;
  /** Whether another process takes its place, so that the work can be sent again. */
  readonly isReplaced: boolean;

  constructor(message: string, { isReplaced = true, ...options }: LostOptions = {}) {
    super(message, options);
    this.isReplaced = isReplaced;
  }
}

interface LostOptions extends ErrorOptions {
  readonly isReplaced?: boolean;
}

/** The disk does not take, or does not give, what is kept on it; the message says why and what to do. */
export class DiskError extends PublicError {
  override readonly name = 'DiskError';
  readonly code = 'disk';
  readonly status: 503 | 507;
  override readonly retryAfter: number | undefined;
  /** The reason, with the system's code: `the disk of DATA_DIR is full (ENOSPC)`. */
  readonly reason: string;

  /** @param isFull whether there is no room, which deleting something mends */
  constructor(message: string, reason: string, isFull: boolean, cause: unknown) {
    super(message, { cause });
    this.status = isFull ? 507 : 503;
    this.retryAfter = isFull ? undefined : LATER;
    this.reason = reason;
  }
}

/** There is no room for a stimulus set. */
export class StoreFullError extends PublicError {
  override readonly name = 'StoreFullError';
  readonly code = 'store-full';
  /** 413 where the set would not fit even if nothing else was stored. */
  readonly status: 413 | 507;

  constructor(message: string, { tooLarge = false, ...options }: StoreFullOptions = {}) {
    super(message, options);
    this.status = tooLarge ? 413 : 507;
  }
}

interface StoreFullOptions extends ErrorOptions {
  readonly tooLarge?: boolean;
}

/** A file of the store does not hold what was stored. */
export class DamagedError extends PublicError {
  override readonly name = 'DamagedError';
  readonly code = 'stored-data-corrupted';
  readonly status = 503;

  override get detail(): string {
    return `${this.message} and not served; upload it again`;
  }
}

/** There is no room for another job. */
export class JobsFullError extends PublicError {
  override readonly name = 'JobsFullError';
  readonly code = 'jobs-full';
  readonly status: 429 | 507;
  override readonly retryAfter: number | undefined;

  /** @param which too many wait, which passes; or too many are stored, which only deleting changes */
  constructor(message: string, which: 'waiting' | 'stored') {
    super(message);
    this.status = which === 'stored' ? 507 : 429;
    this.retryAfter = which === 'stored' ? undefined : LATER;
  }
}

/** The service is shutting down and takes no more jobs. */
export class JobsClosedError extends PublicError {
  override readonly name = 'JobsClosedError';
  readonly code = 'jobs-closed';
  readonly status = 503;
  override readonly retryAfter = SOON;
}

/** A part of a result is not on the disk as it was written. */
export class ResultDamagedError extends PublicError {
  override readonly name = 'ResultDamagedError';
  readonly code = 'result-corrupted';
  readonly status = 410;

  override get detail(): string {
    return `${this.message}; delete the job and post it again`;
  }
}
