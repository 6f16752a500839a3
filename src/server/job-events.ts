import type { SSEStreamingApi } from 'hono/streaming';
import { QueueAwayError } from '../errors.js';
import type { Jobs } from '../jobs/jobs.js';
import { isOver, type JobView } from '../jobs/record.js';

/** Milliseconds of silence after which a comment keeps the connection open. */
const HEARTBEAT = 15_000;
/** The id of a job's last event: a client that returns with it has missed nothing. */
export const LAST_EVENT = 'end';

interface Following {
  readonly jobs: Jobs;
  readonly id: string;
  readonly stream: SSEStreamingApi;
  /** The id of the last event that the client has. */
  readonly last: string | undefined;
  /** Ends the events. */
  readonly cut: AbortSignal;
}

/**
 * Sends the state of a job and its preview, then each change of them; changes that are faster than the
 * client reads become one. A client that has the present state gets the changes alone.
 */
export async function followJob({ jobs, id, stream, last, cut }: Following): Promise<void> {
  let changed = false;
  let wake = () => {};
  const alert = () => {
    changed = true;
    wake();
  };
  const stopWatching = jobs.watch(id, alert);
  stream.onAbort(alert);
  cut.addEventListener('abort', alert);
  try {
    let sent = last;
    while (!stream.aborted && !cut.aborted) {
      changed = false;
      const job = await find();
      if (job === undefined) return;
      if (job !== 'unknown') {
        sent = await sendState(job, sent);
        if (isOver(job) || jobs.isClosed) return;
        const preview = await jobs.preview(id).catch(unknownWhileAway);
        if (preview !== 'unknown' && preview) {
          await stream.writeSSE({ event: 'preview', data: preview });
        }
      }
      while (!changed) await waitForChange();
    }
  } finally {
    stopWatching();
    cut.removeEventListener('abort', alert);
  }

  /** While the queue is away, the client waits with the service. */
  async function find(): Promise<JobView | 'unknown' | undefined> {
    return jobs.find(id).catch((error: unknown) => {
      return jobs.isClosed ? undefined : unknownWhileAway(error);
    });
  }

  /** @returns the id of the event that the client has now */
  async function sendState(job: JobView, sent: string | undefined): Promise<string> {
    const now = formatEventId(job);
    if (now === sent) return now;
    const event = sent?.startsWith(`${job.state}-`) ? 'progress' : 'state';
    await stream.writeSSE({ event, data: JSON.stringify(job), id: now });
    return now;
  }

  async function waitForChange(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, HEARTBEAT);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    if (!changed) await stream.write(': still there\n\n');
  }
}

/** The same at each service, so that a client can go on at another. */
function formatEventId(job: JobView): string {
  const { state, progress } = job;
  return isOver(job) ? LAST_EVENT : `${state}-${progress.done}-${progress.total}`;
}

function unknownWhileAway(error: unknown): 'unknown' {
  if (error instanceof QueueAwayError) return 'unknown';
  throw error;
}
