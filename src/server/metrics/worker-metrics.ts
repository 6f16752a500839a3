import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RunJob } from '../../jobs/job-runner.js';

const SECONDS = [1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600];

/**
 * Registers what a worker runs, and how its runs end.
 * @param kinds of the jobs that it takes
 * @returns the same function, whose runs are counted
 */
export function countRuns(registry: Registry, kinds: readonly string[], run: RunJob): RunJob {
  const registers = [registry];
  const running = new Gauge({
    name: 'hypercolumn_worker_jobs_running',
    help: 'Jobs that this worker runs',
    labelNames: ['kind'],
    registers,
  });
  const ended = new Counter({
    name: 'hypercolumn_worker_jobs_total',
    help: 'Runs of jobs that have ended here: with a result, with a failure, or stopped by a cancellation or a signal',
    labelNames: ['kind', 'result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'hypercolumn_worker_job_seconds',
    help: 'Runs of jobs that ended with a result',
    labelNames: ['kind'],
    buckets: SECONDS,
    registers,
  });
  for (const kind of kinds) {
    running.set({ kind }, 0);
    for (const result of ['success', 'failure', 'stopped']) ended.inc({ kind, result }, 0);
  }
  return async (job, report, signal) => {
    const { kind } = job.order;
    const end = seconds.startTimer({ kind });
    running.inc({ kind });
    try {
      const parts = await run(job, report, signal);
      end();
      ended.inc({ kind, result: 'success' });
      return parts;
    } catch (error) {
      ended.inc({ kind, result: signal.aborted ? 'stopped' : 'failure' });
      throw error;
    } finally {
      running.dec({ kind });
    }
  };
}
