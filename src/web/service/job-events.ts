import type { InferResponseType } from 'hono/client';
import type { AscentPreview } from '../../experiments/preferred-stimulus/schemas.js';
import { Problem, readProblem } from './problem.js';
import { readEvents, type ServerSentEvent } from './server-sent-events.js';
import type { Service } from './service.js';

export type Job = InferResponseType<Service['client']['v1']['jobs'][':id']['$get']>;

export interface JobFollower {
  /** Called with the job's state immediately and at every change. */
  readonly onJob: (job: Job) => void;
  /** Called with the current images of a search for preferred stimuli. */
  readonly onPreview: (preview: AscentPreview) => void;
  /** Called when the connection is lost; the page connects again. */
  readonly onLost: () => void;
}

/** Wait before the next connection: the first, and the maximum after doubling. */
const WAIT_MS = { first: 500, max: 10_000 };

/** Whether a job has reached a final state. */
export function isOver({ state }: Pick<Job, 'state'>): boolean {
  return state !== 'queued' && state !== 'running';
}

/**
 * Follows a job until it is over or the signal aborts; connects again when the stream breaks.
 * @throws Problem if the job does not exist or the key does not allow access
 */
export async function followJob(
  service: Pick<Service, 'origin' | 'send'>,
  id: string,
  { onJob, onPreview, onLost }: JobFollower,
  signal: AbortSignal,
): Promise<void> {
  let waitMs = WAIT_MS.first;
  let over = false;
  while (!signal.aborted) {
    try {
      // Read to the end of the stream: the browser reports an early end as an error.
      for await (const { event, data } of jobEvents(service, id, signal)) {
        waitMs = WAIT_MS.first;
        if (event === 'preview') {
          onPreview(JSON.parse(data) as AscentPreview);
        } else {
          const job = JSON.parse(data) as Job;
          onJob(job);
          over = isOver(job);
        }
      }
    } catch (error) {
      if (error instanceof Problem && !isPassing(error)) throw error;
    }
    if (over || signal.aborted) return;
    onLost();
    await pause(waitMs, signal);
    waitMs = Math.min(2 * waitMs, WAIT_MS.max);
  }
}

async function* jobEvents(
  { origin, send }: Pick<Service, 'origin' | 'send'>,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  const url = `${origin}/v1/jobs/${encodeURIComponent(id)}/events`;
  const answer = await send(url, { headers: { Accept: 'text/event-stream' }, signal });
  if (!answer.ok) throw await readProblem(answer);
  if (answer.body !== null) yield* readEvents(answer.body);
}

/** Whether another request may succeed: the service is away, starting or overloaded. */
function isPassing({ status }: Problem): boolean {
  return status === 0 || status === 429 || status >= 500;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}
