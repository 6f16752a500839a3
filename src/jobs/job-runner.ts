import type { JobOrder, JobOrigin, Part } from './record.js';

/** A job as a worker gets it. */
export interface RunnableJob {
  /** The files of its result and of its steps carry its id. */
  readonly id: string;
  readonly order: JobOrder;
  /** When it was accepted, as `Date.toISOString` gives it. */
  readonly created: string;
  /** Undefined for a job that no request of this version made. */
  readonly origin?: JobOrigin | undefined;
}

export interface JobProgress {
  /** Steps. */
  readonly done: number;
  readonly total: number;
  /** JSON of what there is so far, for clients that watch the job; it is not kept. */
  readonly preview?: string | undefined;
}

/**
 * Runs a job. The result is in the job's folder when this resolves, and nothing of the job runs any more when
 * it settles.
 * @param report to be called with each progress
 * @param signal aborted when the result is wanted no more
 * @returns the parts of the result
 */
export type RunJob = (
  job: RunnableJob,
  report: (progress: JobProgress) => void,
  signal: AbortSignal,
) => Promise<readonly Part[]>;

/** The fields of every line of the log about a job. */
export function logFields({ id, origin }: Pick<RunnableJob, 'id' | 'origin'>) {
  return { job: id, request: origin?.requestId || undefined };
}
