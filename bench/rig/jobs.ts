import { connect } from '../../src/client/connect.js';

/** What runs during a session of a rig, again and again. */
export interface Work {
  /** Where its jobs are posted, such as /v1/models/demo/characterize. */
  readonly place: string;
  readonly request: object;
}

export interface RunningJobs {
  /** The number of jobs of each work that succeeded. */
  readonly finished: readonly number[];
  /** Rejects when a job fails; else it is never settled. */
  readonly failure: Promise<never>;
  /** Cancels the jobs that run. */
  stop(): Promise<void>;
}

/**
 * Keeps one job of each work running: the next starts when the last ends.
 * @param url of the service
 */
export function keepRunning(url: string, works: readonly Work[]): RunningJobs {
  const service = connect(url);
  const stopping = new AbortController();
  const { signal } = stopping;
  const finished = works.map(() => 0);
  const over = Promise.all(works.map(repeat));
  const failure = over.then(() => new Promise<never>(() => {}));
  // A failure that comes after the session is thrown by `stop`.
  failure.catch(() => {});
  return {
    finished,
    failure,
    async stop() {
      stopping.abort();
      await over;
    },
  };

  async function repeat({ place, request }: Work, work: number): Promise<void> {
    while (!signal.aborted) {
      const job = await service.job(await start(place, request));
      try {
        await job.wait({ signal });
        finished[work]!++;
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        await job.cancel();
      }
    }
  }

  async function start(place: string, request: object): Promise<string> {
    const headers = { 'Content-Type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(request) };
    const answer = await fetch(url + place, init);
    if (!answer.ok) throw new Error(`${place}: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { id: string }).id;
  }
}
