import type { Preview } from '../jobs/jobs.js';

export interface Progress {
  /** Steps. */
  readonly done: number;
  readonly total: number;
  readonly preview?: Preview;
}

/** While work runs. */
export interface Running {
  /** Aborted: it ends soon, without a result. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}
