import { Problem, readProblem } from './problem.js';
import { isPassing, pause, WAIT_MS } from './retry.js';
import type { Answers, Sender } from './routes.js';
import { readEvents, type ServerSentEvent } from './server-sent-events.js';

export type Job = Answers['job'];

export interface JobFollower<Preview> {
  /** Called with the job's state immediately and at every change. */
  readonly onJob: (job: Job) => void;
  /** Called with what the job has so far. */
  readonly onPreview: (preview: Preview) => void;
  /** Called when the connection is lost; the client connects again. */
  readonly onLost: () => void;
}

/** Whether a job has reached a final state. */
export function isOver({ state }: Pick<Job, 'state'>): boolean {
  return state !== 'queued' && state !== 'running';
}

/**
 * Follows a job until it is over or the signal aborts; connects again when the stream breaks.
 * @throws Problem if the job does not exist or the key does not allow access
 */
export async function followJob<Preview>(
  service: Sender,
  id: string,
  { onJob, onPreview, onLost }: JobFollower<Preview>,
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
          onPreview(JSON.parse(data) as Preview);
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
  { origin, send }: Sender,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  const url = `${origin}/v1/jobs/${encodeURIComponent(id)}/events`;
  const answer = await send(url, { headers: { Accept: 'text/event-stream' }, signal });
  if (!answer.ok) throw await readProblem(answer);
  if (answer.body !== null) yield* readEvents(answer.body);
}
