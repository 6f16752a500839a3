import { Gauge, type Registry } from 'prom-client';
import { QueueAwayError } from '../../errors.js';
import type { Jobs } from '../../jobs/jobs.js';
import { countStates, type JobView } from '../../jobs/record.js';

export interface JobMetricsOptions {
  /** Read at every scrape; undefined where there are none. */
  readonly jobs: () => Pick<Jobs, 'list' | 'countWorkers'> | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The jobs and their queue. While the queue is away, it is 0 and the other metrics have no value. */
export function createJobMetrics(registry: Registry, { jobs, now }: JobMetricsOptions): void {
  const registers = [registry];
  /** The metrics of one scrape read the jobs together. */
  let reading: Promise<readonly JobView[] | undefined> | undefined;
  new Gauge({
    name: 'hypercolumn_job_queue_up',
    help: 'Whether this service has a queue of jobs and can reach it: 1 or 0',
    registers,
    async collect() {
      this.set((await list()) === undefined ? 0 : 1);
    },
  });
  new Gauge({
    name: 'hypercolumn_jobs_oldest_waiting_seconds',
    help: 'How long the oldest waiting job has waited; 0 where none waits',
    registers,
    async collect() {
      const waiting = (await list())?.filter(({ state }) => state === 'queued');
      const ages = waiting?.map(({ created }) => (now() - Date.parse(created)) / 1000);
      this.set(ages === undefined ? Number.NaN : Math.max(0, ...ages));
    },
  });
  new Gauge({
    name: 'hypercolumn_jobs',
    help: 'Stored jobs by their state',
    labelNames: ['state'],
    registers,
    async collect() {
      const found = await list();
      this.reset();
      if (found === undefined) return;
      for (const [state, count] of Object.entries(countStates(found))) this.set({ state }, count);
    },
  });

  new Gauge({
    name: 'hypercolumn_job_workers',
    help: 'Workers of all services with this Redis, by the kind of their jobs; no value without Redis',
    labelNames: ['kind'],
    registers,
    async collect() {
      const counts = await unlessAway(async () => jobs()?.countWorkers?.());
      this.reset();
      for (const [kind, count] of counts ?? []) this.set({ kind }, count);
    },
  });

  function list(): Promise<readonly JobView[] | undefined> {
    reading ??= unlessAway(async () => jobs()?.list()).finally(() => {
      reading = undefined;
    });
    return reading;
  }
}

/** @returns undefined while the queue is away */
async function unlessAway<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof QueueAwayError) return undefined;
    throw error;
  }
}
