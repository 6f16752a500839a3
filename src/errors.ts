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
  override readonly name = this.constructor.name;
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

/** What programs read of a public error. */
export type PublicTerms = Pick<PublicError, 'code' | 'status' | 'retryAfter'>;

/** A public error that another process has thrown, as it was there. */
export class CarriedPublicError extends PublicError {
  readonly code: string;
  readonly status: number;
  override readonly retryAfter: number | undefined;

  constructor(message: string, { code, status, retryAfter }: PublicTerms) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Seconds until a queue has moved on, an engine is back or another replica has taken over. */
const SOON = 1;
/** Seconds until a job may have ended, or somebody has mended a disk. */
const LATER = 10;

/** Makes the base class of errors of one kind, whose code and status never differ. */
function errorKind<const Code extends string, const Status extends number>(
  code: Code,
  status: Status,
  retryAfter?: number,
) {
  return class extends PublicError {
    readonly code = code;
    readonly status = status;
    override readonly retryAfter = retryAfter;
  };
}

/** Bad input: 422 where the problems say what is wrong where, 400 where it cannot be read at all. */
export class InputError extends PublicError {
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
export class NoAttentionError extends errorKind('no-attention', 422) {}

/** A network that another program made does not show what its readout adds up. */
export class NoReadoutError extends errorKind('no-readout', 422) {}

/** A network that another program made has no graph of its gradient. */
export class NoGradientError extends errorKind('no-gradient', 409) {}

/** The library that reads and writes image files does not work on this machine; the message says what to do. */
export class NoImageLibraryError extends errorKind('no-image-library', 503) {}

/** The queue of the scheduler, or of another worker, is full. */
export class QueueFullError extends errorKind('queue-full', 429, SOON) {}

/** The answer would come later than the client waits. */
export class DeadlineError extends errorKind('deadline', 503, SOON) {}

/** The client closed the connection before it had an answer; only the log and the metrics see this. */
export class ClientDisconnectedError extends errorKind('client-disconnected', 499) {}

/** The service is shutting down and takes no more requests. */
export class DrainingError extends errorKind('draining', 503, SOON) {}

/** The engine could not load a model again when it came back: the files of the model have changed. */
export class ModelLostError extends errorKind('model-lost', 503, SOON) {}

/** A model cannot be loaded now; the message says why. */
export class ModelUnavailableError extends errorKind('model-unavailable', 503, SOON) {}

/** A process that computes ended before it answered; the message says which process, and how it ended. */
export class EngineLostError extends errorKind('engine-lost', 503, SOON) {
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

/** S3 cannot be read or written; the message says why and what to do. */
export class StorageError extends errorKind('storage', 503, LATER) {
  /** The reason, with its code: `the storage of DATA_DIR cannot be reached (ECONNREFUSED)`. */
  readonly reason: string;
  /** Whether it is likely to pass without a change of settings. */
  readonly isPassing: boolean;

  constructor(message: string, { reason, isPassing }: StorageReason, cause: unknown) {
    super(message, { cause });
    this.reason = reason;
    this.isPassing = isPassing;
  }
}

type StorageReason = Pick<StorageError, 'reason' | 'isPassing'>;

/** There is no room for what a client wants to store. */
export class StoreFullError extends PublicError {
  readonly code = 'store-full';
  /** 413 where it would not fit even if nothing else was stored. */
  readonly status: 413 | 507;

  constructor(message: string, { tooLarge = false, ...options }: StoreFullOptions = {}) {
    super(message, options);
    this.status = tooLarge ? 413 : 507;
  }
}

interface StoreFullOptions extends ErrorOptions {
  readonly tooLarge?: boolean;
}

/** The bytes that a client sends are not those that are next in the file. */
export class UploadOffsetError extends errorKind('upload-offset', 409) {}

/** A file of the store does not hold what was stored. */
export class DamagedError extends errorKind('stored-data-corrupted', 503) {
  override get detail(): string {
    return `${this.message} and not served; upload it again`;
  }
}

/** There is no room for another job. */
export class JobsFullError extends PublicError {
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
export class JobsClosedError extends errorKind('jobs-closed', 503, SOON) {}

/** The queue that services and workers share cannot be reached. */
export class QueueAwayError extends errorKind('queue-away', 503, LATER) {}

/** A part of a result is not on the disk as it was written. */
export class ResultDamagedError extends errorKind('result-corrupted', 410) {
  override get detail(): string {
    return `${this.message}; delete the job and post it again`;
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
