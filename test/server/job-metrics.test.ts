import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { QueueAwayError } from '../../src/errors.js';
import type { Jobs } from '../../src/jobs/jobs.js';
import { createJobMetrics } from '../../src/server/metrics/job-metrics.js';
import { heldWork, openTestJobs } from '../support/jobs.js';

function scrape(jobs: Pick<Jobs, 'list' | 'countWorkers'> | undefined, now = 0): Promise<string> {
  const registry = new Registry();
  createJobMetrics(registry, { jobs: () => jobs, now: () => now });
  return registry.metrics();
}

test('the states of jobs and the age of the oldest waiting one are counted', async () => {
  const { jobs, time } = await openTestJobs();
  const running = heldWork();
  await jobs.submit(running.order);
  await running.started;
  expect(await scrape(jobs, time.now)).toMatch(/^hypercolumn_jobs_oldest_waiting_seconds 0$/m);
  for (const wait of [10_000, 20_000]) {
    await jobs.submit(heldWork().order);
    time.now += wait;
  }
  const metrics = await scrape(jobs, time.now);
  expect(metrics).toMatch(/^hypercolumn_jobs\{state="running"\} 1$/m);
  expect(metrics).toMatch(/^hypercolumn_jobs\{state="queued"\} 2$/m);
  expect(metrics).toMatch(/^hypercolumn_jobs\{state="failed"\} 0$/m);
  expect(metrics).toMatch(/^hypercolumn_jobs_oldest_waiting_seconds 30$/m);
  expect(metrics).toMatch(/^hypercolumn_job_queue_up 1$/m);
  // This process runs the jobs itself.
  expect(metrics).not.toMatch(/^hypercolumn_job_workers/m);
});

test('workers are counted by the kind of their jobs', async () => {
  const countWorkers = async () =>
    new Map([
      ['short', 2],
      ['long', 0],
    ]);
  const metrics = await scrape({ list: async () => [], countWorkers });
  expect(metrics).toMatch(/^hypercolumn_job_workers\{kind="short"\} 2$/m);
  expect(metrics).toMatch(/^hypercolumn_job_workers\{kind="long"\} 0$/m);
});

test('while the queue is away the other metrics are still served', async () => {
  const isAway = () => Promise.reject(new QueueAwayError('away'));
  const away = { list: isAway, countWorkers: isAway };
  for (const jobs of [away, undefined]) {
    const metrics = await scrape(jobs);
    expect(metrics).toMatch(/^hypercolumn_job_queue_up 0$/m);
    expect(metrics).toMatch(/^hypercolumn_jobs_oldest_waiting_seconds NaN$/im);
    expect(metrics).not.toMatch(/^hypercolumn_jobs\{/m);
    expect(metrics).not.toMatch(/^hypercolumn_job_workers/m);
  }
  await expect(scrape({ list: () => Promise.reject(new Error('a bug')) })).rejects.toThrow('a bug');
});
