import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type JobsOptions, openJobs, type Work } from '../../src/jobs/jobs.js';
import { explainFailure } from '../../src/server/jobs.js';
import { temporaryFolder } from './store.js';

export const MODEL = { name: 'tiny', version: 1, digest: 'd'.repeat(64) };

/** Jobs in the given folder, or in one that is deleted when the test ends, with a fixed clock. */
export async function openTestJobs(options: Partial<JobsOptions> = {}) {
  const folder = options.folder ?? (await temporaryFolder());
  const log: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line)) });
  const time = { now: Date.UTC(2026, 0, 1) };
  const jobs = await openJobs({
    folder,
    maxStored: 10,
    maxWaiting: 5,
    concurrency: 1,
    now: () => time.now,
    clock: () => time.now,
    logger,
    explain: explainFailure,
    ...options,
  });
  onTestFinished(() => jobs.close());
  return { jobs, folder, log, time };
}

/** Work whose end the test decides. */
export function heldWork(kind = 'held', request: Record<string, unknown> = {}) {
  const progress: { report: Parameters<Work['run']>[0] } = { report: () => {} };
  let [finish, fail]: [(files: ResultFiles) => void, (error: unknown) => void] = [
    () => {},
    () => {},
  ];
  let begin = () => {};
  const started = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ended = new Promise<ResultFiles>((resolve, reject) => {
    [finish, fail] = [resolve, reject];
  });
  ended.catch(() => {}); // The work may fail before the job runs it.
  const seen: { signal?: AbortSignal; releases: number } = { releases: 0 };
  const work: Work = {
    order: { kind, model: MODEL, request, stimulusSets: [], askedBy: null },
    run(report, signal) {
      progress.report = report;
      seen.signal = signal;
      begin();
      return ended;
    },
    release: () => {
      seen.releases++;
    },
  };
  return { work, started, finish, fail, seen, progress };
}

type ResultFiles = Awaited<ReturnType<Work['run']>>;

export const file = (name: string, text: string) => ({ name, bytes: Buffer.from(text) });
