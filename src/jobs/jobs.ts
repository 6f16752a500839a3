import type { Logger } from 'pino';
import { JobsClosedError, JobsFullError } from '../errors.js';
import { createTimeLeft, type TimeLeft } from '../time-left.js';
import { openJobFiles, type ResultFile } from './job-files.js';
import { createJobRecords } from './job-records.js';
import {
  isOver,
  JOB_STATES,
  type JobOrder,
  type JobRecord,
  type JobState,
  type JobView,
  newRecord,
  type Part,
} from './record.js';

/** Makes the JSON of what a running job has so far, for clients that watch it; it is not kept. */
export type Preview = () => string;

/** A job and how this process runs it. */
export interface Work {
  readonly order: JobOrder;
  /**
   * @param progress to be called with the steps that are done, all steps, and what there is so far
   * @param signal aborted when the result is no longer wanted
   */
  readonly run: (
    progress: (done: number, total: number, preview?: Preview) => void,
    signal: AbortSignal,
  ) => Promise<readonly ResultFile[]>;
  /** Called once when the job is over and its work has ended, also where it is rejected or never begins. */
  readonly release: () => void;
}

export interface Jobs {
  /**
   * Queues work; its record is on the disk when this resolves.
   * @throws JobsFullError, JobsClosedError
   * @throws DiskError when its record cannot be saved
   */
  submit(work: Work): Promise<JobView>;
  /** Newest first. */
  list(): JobView[];
  find(id: string): JobView | undefined;
  /** What a running job has so far; undefined where it has no preview, and once it is over. */
  preview(id: string): Preview | undefined;
  /** Calls back after each change of a job, its removal included. @returns how to stop that */
  watch(id: string, onChange: () => void): () => void;
  /**
   * @throws ResultDamagedError when it is not what was written
   * @throws DiskError when the disk cannot be read
   */
  readPart(id: string, part: Part): Promise<Uint8Array<ArrayBuffer>>;
  /** Cancels a job that is not over; it may come to another end first. @returns whether there was one */
  cancel(id: string): Promise<boolean>;
  /**
   * Deletes a job that is over, with its result.
   * @returns whether there was one
   * @throws DiskError when it cannot be deleted
   */
  remove(id: string): Promise<boolean>;
  /** How many jobs are in each state. */
  counts(): Record<JobState, number>;
  /** Takes no more jobs; those that are not over are interrupted. */
  close(): Promise<void>;
  /** As `close`, where another process has the folder by now: nothing is written to it. */
  abandon(reason: string): Promise<void>;
}

export interface JobsOptions {
  /** Belongs to one service alone: jobs found unfinished there were interrupted. */
  readonly folder: string;
  /** Jobs that are kept, those not over included. */
  readonly maxStored: number;
  /** Jobs that may wait, at least 1. */
  readonly maxWaiting: number;
  /** Jobs that run at the same time. */
  readonly concurrency: number;
  /** Milliseconds after which a record that could not be saved is saved again. */
  readonly retryMs?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** The message for clients about an error; undefined for a bug, which is logged. */
  readonly explain: (error: unknown) => string | undefined;
}

interface Job {
  record: JobRecord;
  /** From its start on. */
  timeLeft?: TimeLeft;
  preview: Preview | undefined;
  readonly controller: AbortController;
  readonly watchers: Set<() => void>;
  /** From when it is known how the job ends until that is on the disk. */
  ending?: Promise<void>;
}

const INTERRUPTED = 'the service stopped before the job was over and saved; post it again';
const RETRY_MS = 5000;

/** Opens the jobs of a folder; those that ran when a process ended there are interrupted. */
export async function openJobs(options: JobsOptions): Promise<Jobs> {
  const { folder, maxStored, maxWaiting, concurrency, now, clock, logger, explain } = options;
  const { retryMs = RETRY_MS } = options;
  const files = await openJobFiles(folder, logger);
  const records = createJobRecords({ files, retryMs, logger });
  const jobs = new Map<string, Job>();
  const line: { readonly job: Job; readonly work: Work }[] = [];
  let running = 0;
  let closed = false;
  for (const record of files.found) {
    const job = createJob(record);
    jobs.set(record.id, job);
    if (!isOver(record)) await end(job, 'interrupted', INTERRUPTED);
  }
  return {
    submit,
    list,
    find,
    preview,
    watch,
    readPart: files.readPart,
    cancel,
    remove,
    counts,
    close,
    abandon,
  };

  async function submit(work: Work): Promise<JobView> {
    let accepted = false;
    try {
      checkRoom();
      const job = createJob(newRecord(work.order, date()));
      jobs.set(job.record.id, job); // Immediately, so that concurrent requests count it.
      await records.create(job.record).catch((error: unknown) => {
        jobs.delete(job.record.id);
        throw error;
      });
      if (job.ending === undefined) {
        line.push({ job, work });
        accepted = true;
        startNext();
      }
      return view(job);
    } finally {
      if (!accepted) work.release();
    }
  }

  function checkRoom(): void {
    if (closed) throw new JobsClosedError('the service is shutting down');
    if (jobs.size >= maxStored) {
      const found = `too many stored jobs: ${jobs.size + 1}; expected at most ${maxStored}`;
      throw new JobsFullError(`${found}; DELETE /v1/jobs/{id} removes one`, 'stored');
    }
    const { queued } = counts();
    if (queued < maxWaiting) return;
    const found = `too many waiting jobs: ${queued + 1}; expected at most ${maxWaiting}`;
    throw new JobsFullError(found, 'waiting');
  }

  function startNext(): void {
    while (running < concurrency) {
      const next = line.shift();
      if (next === undefined) return;
      running++;
      void run(next.job, next.work).finally(() => {
        running--;
        next.work.release();
        startNext();
      });
    }
  }

  async function run(job: Job, work: Work): Promise<void> {
    const { id } = job.record;
    const { signal } = job.controller;
    const progress = (done: number, total: number, preview?: Preview) => {
      if (job.ending !== undefined) return;
      job.preview = preview;
      timeLeft.update(done, total);
      change(job, { ...job.record, progress: { done, total } });
    };
    const timeLeft = createTimeLeft(clock);
    job.timeLeft = timeLeft;
    change(job, { ...job.record, state: 'running', started: date() });
    try {
      await records.update(job.record);
      const made = await work.run(progress, signal);
      signal.throwIfAborted();
      if (made.length === 0) throw new Error('the work made no result');
      const result = await files.writeResult(id, made);
      await end(job, 'succeeded', null, result);
    } catch (error) {
      await dropResult(id); // first: it makes room for how the job ended
      if (signal.aborted) return;
      const reason = explain(error);
      if (reason === undefined) logger.error({ job: id, err: error }, 'unhandled error');
      else logger.warn({ job: id, reason }, 'a job failed');
      const hidden = "an error in the service; its log has it under the job's id";
      await end(job, 'failed', reason ?? hidden);
    }
    if (job.record.state !== 'succeeded') await dropResult(id);
  }

  async function dropResult(id: string): Promise<void> {
    await files.dropResult(id).catch((err: unknown) => {
      logger.error({ job: id, err }, 'failed to delete partial result');
    });
  }

  /** The first end of a job counts; watchers are notified when it is on the disk. */
  function end(job: Job, state: JobState, reason: string | null, result: Part[] = []) {
    job.ending ??= records
      .end({ ...job.record, state, reason, result, ended: date() })
      .then((record) => change(job, record));
    return job.ending;
  }

  async function cancel(id: string): Promise<boolean> {
    const job = jobs.get(id);
    if (job === undefined || isOver(job.record)) return false;
    await stop(job, 'cancelled', 'it was cancelled');
    return true;
  }

  async function stop(job: Job, state: JobState, reason: string): Promise<void> {
    const waiting = line.findIndex((each) => each.job === job);
    const taken = waiting < 0 ? [] : line.splice(waiting, 1);
    const ended = end(job, state, reason);
    job.controller.abort();
    for (const { work } of taken) work.release();
    await ended;
  }

  async function remove(id: string): Promise<boolean> {
    const job = jobs.get(id);
    if (job === undefined || !isOver(job.record)) return false;
    await records.remove(id);
    if (!jobs.delete(id)) return false;
    for (const notify of job.watchers) notify();
    return true;
  }

  async function close(): Promise<void> {
    await interrupt(INTERRUPTED);
    await records.close();
  }

  async function abandon(reason: string): Promise<void> {
    records.abandon();
    await interrupt(reason);
  }

  async function interrupt(reason: string): Promise<void> {
    closed = true;
    const open = [...jobs.values()].filter(({ record }) => !isOver(record));
    await Promise.all(open.map((job) => stop(job, 'interrupted', reason)));
  }

  function list(): JobView[] {
    return [...jobs.values()].map(view).sort((a, b) => b.created.localeCompare(a.created));
  }

  function find(id: string): JobView | undefined {
    const job = jobs.get(id);
    return job && view(job);
  }

  function preview(id: string): Preview | undefined {
    return jobs.get(id)?.preview;
  }

  function watch(id: string, onChange: () => void): () => void {
    const watchers = jobs.get(id)?.watchers;
    watchers?.add(onChange);
    return () => watchers?.delete(onChange);
  }

  function counts(): Record<JobState, number> {
    const found = Object.fromEntries(JOB_STATES.map((state) => [state, 0]));
    for (const { record } of jobs.values()) found[record.state]!++;
    return found as Record<JobState, number>;
  }

  function view({ record, timeLeft }: Job): JobView {
    const { id, kind, model, state, created, started, ended, reason, result } = record;
    const secondsLeft = state === 'running' ? (timeLeft?.seconds() ?? null) : null;
    const progress = { ...record.progress, secondsLeft };
    return { id, kind, model, state, created, started, ended, reason, result, progress };
  }

  function change(job: Job, record: JobRecord): void {
    job.record = record;
    if (isOver(record)) job.preview = undefined;
    for (const notify of job.watchers) notify();
  }

  function date(): string {
    return new Date(now()).toISOString();
  }
}

function createJob(record: JobRecord): Job {
  const controller = new AbortController();
  return { record, preview: undefined, controller, watchers: new Set() };
}
