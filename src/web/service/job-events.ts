import type { InferResponseType } from 'hono/client';
import type { AscentPreview } from '../../experiments/preferred-stimulus/schemas.js';
import { Problem, problemOf } from './problem.js';
import { eventsOf, type ServerSentEvent } from './server-sent-events.js';
import type { Service } from './service.js';

export type Job = InferResponseType<Service['client']['v1']['jobs'][':id']['$get']>;

export interface JobFollower {
  /** How it stands, at once and at every change. */
  readonly onJob: (job: Job) => void;
  /** What a search for preferred stimuli has so far. */
  readonly onPreview: (preview: AscentPreview) => void;
  /** The service was lost; it is asked again. */
  readonly onLost: () => void;
}

/** Milliseconds until a service that was lost is asked again: at first, and at most. */
const WAITS = { first: 500, most: 10_000 };

/** Whether nothing will change any more. */
export function isOver({ state }: Pick<Job, 'state'>): boolean {
  return state !== 'queued' && state !== 'running';
}

/**
 * Follows a job until it is over or nobody looks any longer; a stream that breaks is taken up again.
 * @throws Problem where there is no such job, or the key is not good for it
 */
export async function followJob(
  service: Pick<Service, 'origin' | 'send'>,
  id: string,
  { onJob, onPreview, onLost }: JobFollower,
  signal: AbortSignal,
): Promise<void> {
  let wait = WAITS.first;
  let over = false;
  while (!signal.aborted) {
    try {
      // to the end of the stream: one that is let go of before looks like an error to the browser
      for await (const { event, data } of jobEvents(service, id, signal)) {
        wait = WAITS.first;
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
    await pause(wait, signal);
    wait = Math.min(2 * wait, WAITS.most);
  }
}

async function* jobEvents(
  { origin, send }: Pick<Service, 'origin' | 'send'>,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  const url = `${origin}/v1/jobs/${encodeURIComponent(id)}/events`;
  const answer = await send(url, { headers: { Accept: 'text/event-stream' }, signal });
  if (!answer.ok) throw await problemOf(answer);
  if (answer.body !== null) yield* eventsOf(answer.body);
}

/** Whether to ask again may help: the service is away, starts, or has too much to do. */
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
