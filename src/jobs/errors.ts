/** There is no room for another job. */
export class JobsFullError extends Error {
  override readonly name = 'JobsFullError';
  /** Too many wait, which passes; or too many are stored, which only deleting changes. */
  readonly of: 'waiting' | 'stored';

  constructor(message: string, of: 'waiting' | 'stored') {
    super(message);
    this.of = of;
  }
}

/** The service is shutting down and takes no more jobs. */
export class JobsClosedError extends Error {
  override readonly name = 'JobsClosedError';
}

/** A part of a result is not on the disk as it was written. */
export class ResultDamagedError extends Error {
  override readonly name = 'ResultDamagedError';
}
