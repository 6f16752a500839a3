import type { Logger } from 'pino';
import { JobsClosedError, JobsFullError } from '../errors.js';
import { createTimeLeft, type TimeLeft } from '../time-left.js';
import { openJobFiles } from './job-files.js';
import { createJobRecords } from './job-records.js';
import { type JobProgress, logFields, type RunJob } from './job-runner.js';
import {
  countStates,
  isOver,
  type JobOrder,
  type JobOrigin,
  type JobPriority,
  type JobRecord,
  type JobState,
  type JobView,
  newRecord,
  type Part,
  rankPriority,
  readOrder,
} from './record.js';

export interface Jobs {
  /**
   * Puts a job in the queue; it is on the disk when this resolves.
   * @throws JobsFullError, JobsClosedError
   * @throws DiskError when its record cannot be saved
   */
  submit(order: JobOrder, priority?: JobPriority, origin?: JobOrigin): Promise<JobView>;
  /** Newest first. */
  list(): Promise<JobView[]>;
  find(id: string): Promise<JobView | undefined>;
  /** JSON of what a running job has so far; undefined where it has no preview, and once it is over. */
  preview(id: string): Promise<string | undefined>;
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
  /** How many workers there are now of each kind of job; undefined where this process runs the jobs. */
  readonly countWorkers?: () => Promise<ReadonlyMap<string, number>>;
  /** Whether jobs are run no more: `close` or `abandon` was called. */
  readonly isClosed: boolean;
  /** Takes no more jobs, and stops the running ones; the next start on this folder continues them. */
  close(): Promise<void>;
  /** As `close`, where another process has the folder by now: nothing is written to it. */
  abandon(): Promise<void>;
}

export interface JobsOptions {
  /** Belongs to one service alone. */
  readonly folder: string;
  /** Jobs that are kept, those not over included. */
  readonly maxStored: number;
  /** Jobs in the queue, at least 1. */
  readonly maxWaiting: number;
  /** Jobs that run at the same time. */
  readonly concurrency: number;
  readonly run: RunJob;
  /** Milliseconds after which what the disk did not take is written again. */
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
  preview?: string | undefined;
  readonly controller: AbortController;
  readonly watchers: Set<() => void>;
  /** From when it is known how the job ends until that is on the disk. */
  ending?: Promise<void>;
}

const INTERRUPTED = 'the service stopped before the job was over and saved; post it again';
const RETRY_MS = 5000;

/** Opens the jobs of a folder. Those that were not over when a process ended there are continued. */
export async function openJobs(options: JobsOptions): Promise<Jobs> {
  const { folder, maxStored, maxWaiting, concurrency, run, now, clock, logger, explain } = options;
  const { retryMs = RETRY_MS } = options;
  const files = await openJobFiles(folder, logger);
  const records = createJobRecords({ files, retryMs, logger });
  const jobs = new Map<string, Job>();
  const queue: Job[] = [];
  let running = 0;
  let closed = false;
  const oldestFirst = (a: JobRecord, b: JobRecord) => a.created.localeCompare(b.created);
  for (const record of files.found.toSorted(oldestFirst)) {
    const job = createJob(record);
    jobs.set(record.id, job);
    if (isOver(record)) continue;
    if (readOrder(record) === undefined) await end(job, 'interrupted', INTERRUPTED);
    else enqueue(job);
  }
  startNext();
  return {
    submit,
    list: async () => [...jobs.values()].map(view).sort(newestFirst),
    async find(id) {
      const job = jobs.get(id);
      return job && view(job);
    },
    preview: async (id) => jobs.get(id)?.preview,
    watch,
    readPart: files.readPart,
    cancel,
    remove,
    get isClosed() {
      return closed;
    },
    close,
    abandon,
  };

  async function submit(
    order: JobOrder,
    priority?: JobPriority,
    origin?: JobOrigin,
  ): Promise<JobView> {
    checkRoom();
    const job = createJob(newRecord(order, date(), priority, origin));
    jobs.set(job.record.id, job); // Immediately, so that concurrent requests count it.
    await records.create(job.record).catch((error: unknown) => {
      jobs.delete(job.record.id);
      throw error;
    });
    if (job.ending === undefined && !closed) {
      enqueue(job);
      startNext();
    }
    return view(job);
  }

  function checkRoom(): void {
    if (closed) throw new JobsClosedError('the service is shutting down');
    if (jobs.size >= maxStored) {
      const found = `too many stored jobs: ${jobs.size + 1}; expected at most ${maxStored}`;
      throw new JobsFullError(`${found}; DELETE /v1/jobs/{id} removes one`, 'stored');
    }
    const { queued } = countStates([...jobs.values()].map(({ record }) => record));
    if (queued < maxWaiting) return;
    const found = `too many waiting jobs: ${queued + 1}; expected at most ${maxWaiting}`;
    throw new JobsFullError(found, 'waiting');
  }

  function enqueue(job: Job): void {
    job.record = { ...job.record, state: 'queued', started: null };
    const rank = rankPriority(job.record.priority);
    const after = queue.findIndex(({ record }) => rankPriority(record.priority) > rank);
    queue.splice(after < 0 ? queue.length : after, 0, job);
  }

  function startNext(): void {
    while (running < concurrency) {
      const next = queue.shift();
      if (next === undefined) return;
      running++;
      void start(next).finally(() => {
        running--;
        startNext();
      });
    }
  }

  async function start(job: Job): Promise<void> {
    const { id } = job.record;
    const { signal } = job.controller;
    const timeLeft = createTimeLeft(clock);
    job.timeLeft = timeLeft;
    change(job, { ...job.record, state: 'running', started: date() });
    try {
      await records.update(job.record);
      const order = readOrder(job.record)!; // A job without one is never in the queue.
      const report = ({ done, total, preview: soFar }: JobProgress) => {
        if (job.ending !== undefined || signal.aborted) return;
        job.preview = soFar;
        timeLeft.update(done, total);
        change(job, { ...job.record, progress: { done, total } });
      };
      const { created, origin } = job.record;
      const result = await run({ id, order, created, origin }, report, signal);
      signal.throwIfAborted();
      await end(job, 'succeeded', null, [...result]);
    } catch (error) {
      if (closed) return;
      await dropResult(id); // first: it makes room for how the job ended
      if (signal.aborted) return;
      const reason = explain(error);
      const fields = logFields(job.record);
      if (reason === undefined) logger.error({ ...fields, err: error }, 'unhandled error');
      else logger.warn({ ...fields, reason }, 'a job failed');
      const hidden = "an error in the service; its log has it under the job's id";
      await end(job, 'failed', reason ?? hidden);
    }
    if (job.record.state === 'succeeded') await dropSteps(id);
    else await dropResult(id);
  }

  async function dropResult(id: string): Promise<void> {
    await files.dropResult(id).catch((err: unknown) => {
      logger.error({ job: id, err }, 'failed to delete partial result');
    });
  }

  async function dropSteps(id: string): Promise<void> {
    await files.dropSteps(id).catch((err: unknown) => {
      logger.error({ job: id, err }, 'failed to delete the saved steps');
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
    const waiting = queue.indexOf(job);
    if (waiting >= 0) queue.splice(waiting, 1);
    const ended = end(job, 'cancelled', 'it was cancelled');
    job.controller.abort(new Error('the job was cancelled'));
    await ended;
    if (waiting >= 0) await dropResult(id); // What an earlier run of it has left.
    return true;
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
    for (const { record } of stopAll()) await records.update(record);
    await records.close();
  }

  async function abandon(): Promise<void> {
    records.abandon();
    stopAll();
  }

  /** @returns the jobs that are not over, which are in the queue again */
  function stopAll(): Job[] {
    closed = true;
    queue.length = 0;
    const open = [...jobs.values()].filter(({ record, ending }) => !isOver(record) && !ending);
    for (const job of open) {
      job.controller.abort(new Error('the service is shutting down'));
      change(job, { ...job.record, state: 'queued', started: null });
    }
    return open;
  }

  function watch(id: string, onChange: () => void): () => void {
    const watchers = jobs.get(id)?.watchers;
    watchers?.add(onChange);
    return () => watchers?.delete(onChange);
  }

  function view({ record, timeLeft }: Job): JobView {
    const { id, kind, model, data, state, priority } = record;
    const { created, started, ended, reason, result } = record;
    const secondsLeft = state === 'running' ? (timeLeft?.seconds() ?? null) : null;
    const progress = { ...record.progress, secondsLeft };
    const times = { created, started, ended };
    return { id, kind, model, data, state, priority, ...times, reason, result, progress };
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
  return { record, controller, watchers: new Set() };
}

function newestFirst(a: JobView, b: JobView): number {
  return b.created.localeCompare(a.created);
}
