import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type ResultFile, writeResult } from '../../src/jobs/job-files.js';
import type { JobProgress, RunJob } from '../../src/jobs/job-runner.js';
import { type JobsOptions, openJobs } from '../../src/jobs/jobs.js';
import type { JobOrder } from '../../src/jobs/record.js';
import { explainFailure } from '../../src/server/jobs.js';
import { temporaryFolder } from './store.js';

export const MODEL = { name: 'tiny', version: 1, digest: 'd'.repeat(64) };

/** Runs the jobs of a test that it does not hold itself. */
export interface TestRunner {
  run?: (folder: string) => RunJob;
}

/** Jobs in a folder that is deleted when the test ends, or in the one given, by a clock that does not move. */
export async function openTestJobs(options: Partial<JobsOptions> = {}) {
  const folder = options.folder ?? (await temporaryFolder());
  const log: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line)) });
  const time = { now: Date.UTC(2026, 0, 1) };
  const runner: TestRunner = {};
  const jobs = await openJobs({
    folder,
    maxStored: 10,
    maxWaiting: 5,
    concurrency: 1,
    run: runHeld(folder, runner),
    now: () => time.now,
    clock: () => time.now,
    logger,
    explain: explainFailure,
    ...options,
  });
  onTestFinished(() => jobs.close());
  return { jobs, folder, log, time, runner };
}

/** Runs a job as the test decides that holds it; one that no test holds, as after a restart, never ends. */
export function runHeld(folder: string, runner: TestRunner = {}): RunJob {
  return async (job, report, signal) => {
    const held = WORKS.get(job.order.request);
    if (held !== undefined) {
      const files = await held(report, signal);
      signal.throwIfAborted();
      return await writeResult(folder, job.id, files);
    }
    if (runner.run) return await runner.run(folder)(job, report, signal);
    return await new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  };
}

type Work = (
  report: (progress: JobProgress) => void,
  signal: AbortSignal,
) => Promise<readonly ResultFile[]>;

/** By the request of the order, which stays the same object in this process. */
const WORKS = new WeakMap<object, Work>();

/** A job whose end the test decides. */
export function heldWork(kind = 'held', fields: Record<string, unknown> = {}) {
  const request = { ...fields };
  const order: JobOrder = {
    kind,
    model: MODEL,
    data: null,
    request,
    stimulusSets: [],
    askedBy: null,
  };
  const progress: { report: (progress: JobProgress) => void } = { report: () => {} };
  let finish: (files: readonly ResultFile[]) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  let begin = () => {};
  const started = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ended = new Promise<readonly ResultFile[]>((resolve, reject) => {
    [finish, fail] = [resolve, reject];
  });
  ended.catch(() => {}); // it may fail before the job runs it
  const seen: { signal?: AbortSignal } = {};
  WORKS.set(request, (report, signal) => {
    progress.report = report;
    seen.signal = signal;
    begin();
    return ended;
  });
  return { order, started, finish, fail, seen, progress };
}

export const file = (name: string, text: string) => ({ name, bytes: Buffer.from(text) });
