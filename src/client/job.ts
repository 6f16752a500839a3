import { followJob, isOver, type Job as JobRecord } from './job-events.js';
import { accepted } from './problem.js';
import type { Sender } from './routes.js';

export interface WaitOptions {
  /** Called with the job at every change. */
  readonly onProgress?: (job: JobRecord) => void;
  /** Ends the waiting; the job goes on. */
  readonly signal?: AbortSignal;
}

/** Long work that the service does on its own. It goes on when the client ends; `service.job(id)` finds it again. */
export interface Job {
  readonly id: string;
  /** Its state and progress, as last seen. */
  readonly record: JobRecord;
  /**
   * Waits until the job has its result.
   * @throws JobFailed where it has none
   */
  wait(options?: WaitOptions): Promise<void>;
  /**
   * Fetches a file of the result.
   * @param part its name, one of `record.result`
   */
  result(part: string): Promise<Response>;
  /** Cancels the job, or deletes it with its result when it is over. */
  cancel(): Promise<void>;
}

/** A job ended without a result. */
export class JobFailed extends Error {
  readonly record: JobRecord;

  constructor(record: JobRecord) {
    super(`job ${record.id} ${record.state}: ${record.reason ?? 'no reason is known'}`);
    this.name = 'JobFailed';
    this.record = record;
  }
}

export function createJob(sender: Sender, first: JobRecord): Job {
  const { origin, send } = sender;
  const { id } = first;
  const address = `${origin}/v1/jobs/${encodeURIComponent(id)}`;
  let record = first;
  return {
    id,
    get record() {
      return record;
    },
    async wait({ onProgress = () => {}, signal = new AbortController().signal } = {}) {
      const follower = {
        onJob(job: JobRecord) {
          record = job;
          onProgress(job);
        },
        onPreview: () => {},
        onLost: () => {},
      };
      if (!isOver(record)) await followJob(sender, id, follower, signal);
      signal.throwIfAborted();
      if (record.state !== 'succeeded') throw new JobFailed(record);
    },
    result: (part) => accepted(send(`${address}/result?${new URLSearchParams({ part })}`)),
    async cancel() {
      await accepted(send(address, { method: 'DELETE' }));
    },
  };
}
