import { Queue, type Job as QueuedJob, QueueEvents, type JobState as QueueState } from 'bullmq';
import type { Logger } from 'pino';
import { JobsClosedError, JobsFullError, messageOf, QueueAwayError } from '../../errors.js';
import { createConnections, isAway, PREFIX } from '../../redis/connection.js';
import { watchEviction } from '../../redis/eviction.js';
import { REFUSAL } from '../../redis/refusals.js';
import type { JobProgress } from '../job-runner.js';
import type { JobStorage } from '../job-storage.js';
import type { Jobs } from '../jobs.js';
import {
  countStates,
  isOver,
  type JobOrder,
  type JobOrigin,
  type JobPriority,
  type JobState,
  type JobView,
  newRecord,
  type Part,
  rankPriority,
} from '../record.js';
import { CANCEL_REASON, readEnd } from './end.js';
import { type JobPlace, watchPlace } from './job-place.js';
import { CANCELLED, previewKey, queueName } from './names.js';

/** The data of a BullMQ job. */
export interface JobData {
  readonly order: JobOrder;
  /** As `Date.toISOString` gives it. */
  readonly created: string;
  readonly priority: JobPriority;
  readonly origin?: JobOrigin;
  /** When it was cancelled, where it was: as `Date.toISOString` gives it. */
  readonly cancelled?: string;
}

export interface ProgressData extends Pick<JobProgress, 'done' | 'total'> {
  readonly secondsLeft: number | null;
}

export type RedisJob = QueuedJob<JobData, readonly Part[]>;

export interface RedisJobsOptions {
  readonly url: string;
  /** All kinds of jobs, each with a queue of its own. */
  readonly kinds: readonly string[];
  /** Of all jobs' results; all services and workers share it. */
  readonly storage: JobStorage;
  /** Of the storage. */
  readonly place: JobPlace;
  readonly maxStored: number;
  readonly maxWaiting: number;
  readonly now: () => number;
  readonly logger: Logger;
}

const ALL = ['prioritized', 'waiting', 'delayed', 'active', 'completed', 'failed'] as const;
const STATES: Readonly<Partial<Record<QueueState | 'unknown', JobState>>> = {
  waiting: 'queued',
  prioritized: 'queued',
  delayed: 'queued',
  active: 'running',
  completed: 'succeeded',
};
/** Milliseconds that a request about jobs waits for Redis. */
const PATIENCE = 5000;
/** BullMQ's highest; a job without a priority would run before all others. */
const HIGHEST = 1;

/**
 * Opens the jobs that services and workers share through Redis. What a job found is in the shared storage; Redis
 * has its order, its state and the names of its files. While Redis is away, every call but `readPart` throws
 * QueueAwayError. With another storage than that of the others, `submit` and `readPart` throw StorageError.
 */
export function openRedisJobs(options: RedisJobsOptions): Jobs {
  const { url, kinds, storage, maxStored, maxWaiting, now, logger } = options;
  const connections = createConnections(url, logger);
  const client = connections.forRequests(PATIENCE);
  const watchers = new Map<string, Set<() => void>>();
  /** Called when the connection is lost. */
  const pending = new Set<() => void>();
  let closed = false;
  client.on('close', () => {
    for (const onLoss of pending) onLoss();
  });
  client.on('ready', alertAll); // Events were missed.
  watchEviction(client, logger);
  const place = watchPlace(client, options.place, logger);
  const queues = kinds.map((kind) => {
    const options = { connection: client, prefix: PREFIX };
    const queue = new Queue<JobData, readonly Part[]>(queueName(kind), options);
    queue.on('error', () => undefined); // The connection logs it.
    return queue;
  });
  const events = kinds.map((kind) => listen(kind));

  return {
    submit: (...job) => whileThere(() => submit(...job)),
    list: () => whileThere(list),
    find: (id) => whileThere(() => find(id)),
    preview: (id) => whileThere(async () => (await client.get(previewKey(id))) ?? undefined),
    watch(id, onChange) {
      const own = watchers.get(id) ?? new Set();
      watchers.set(id, own.add(onChange));
      return () => {
        own.delete(onChange);
        if (own.size === 0) watchers.delete(id);
      };
    },
    async readPart(id, part) {
      place.checkKnown();
      return storage.readPart(id, part);
    },
    cancel: (id) => whileThere(() => cancel(id)),
    remove: (id) => whileThere(() => remove(id)),
    countWorkers: () => whileThere(countWorkers),
    get isClosed() {
      return closed;
    },
    close,
    abandon: close,
  };

  function listen(kind: string): QueueEvents {
    const source = new QueueEvents(queueName(kind), {
      connection: connections.forWaiting(),
      prefix: PREFIX,
    });
    const notify = ({ jobId }: { readonly jobId: string }) => {
      for (const call of watchers.get(jobId) ?? []) call();
    };
    for (const event of [
      'active',
      'progress',
      'completed',
      'failed',
      'removed',
      'stalled',
    ] as const) {
      source.on(event, notify);
    }
    source.on('error', () => undefined); // The connection logs it.
    return source;
  }

  async function submit(
    order: JobOrder,
    asked?: JobPriority,
    origin?: JobOrigin,
  ): Promise<JobView> {
    if (closed) throw new JobsClosedError('the service is shutting down');
    await place.check();
    const found = await list();
    if (found.length >= maxStored) {
      const message = `too many stored jobs: ${found.length + 1}; expected at most ${maxStored}`;
      throw new JobsFullError(`${message}; DELETE /v1/jobs/{id} removes one`, 'stored');
    }
    const { queued } = countStates(found);
    if (queued >= maxWaiting) {
      const message = `too many waiting jobs: ${queued + 1}; expected at most ${maxWaiting}`;
      throw new JobsFullError(message, 'waiting');
    }
    const { id, created, priority } = newRecord(order, new Date(now()).toISOString(), asked);
    const queue = queues[kinds.indexOf(order.kind)]!;
    const job = await queue.add(
      order.kind,
      { order, created, priority, ...(origin && { origin }) },
      { jobId: id, priority: HIGHEST + rankPriority(priority) },
    );
    return view(job, 'queued');
  }

  async function findJob(id: string): Promise<RedisJob | undefined> {
    const found = await Promise.all(queues.map((queue) => queue.getJob(id)));
    return found.find((job) => job !== undefined);
  }

  async function find(id: string): Promise<JobView | undefined> {
    const job = await findJob(id);
    return job && view(job, await readState(job));
  }

  async function list(): Promise<JobView[]> {
    const views = new Map<string, JobView>();
    // In the order of a job's life: one that changes its state meanwhile is found once at least.
    for (const state of ALL) {
      const found = await Promise.all(queues.map((queue) => queue.getJobs(state)));
      for (const job of found.flat()) views.set(job.id!, view(job, ownState(job, state)));
    }
    return [...views.values()].toSorted((a, b) => b.created.localeCompare(a.created));
  }

  async function readState(job: RedisJob): Promise<JobState> {
    return ownState(job, await job.getState());
  }

  async function cancel(id: string): Promise<boolean> {
    const job = await findJob(id);
    if (job === undefined || isOver({ state: await readState(job) })) return false;
    // The worker that has the job, or takes it now, ends it.
    await job.updateData({ ...job.data, cancelled: new Date(now()).toISOString() });
    await client.publish(CANCELLED, id);
    return true;
  }

  async function countWorkers(): Promise<ReadonlyMap<string, number>> {
    const counts = await Promise.all(queues.map((queue) => queue.getWorkersCount()));
    return new Map(kinds.map((kind, i) => [kind, counts[i]!]));
  }

  async function remove(id: string): Promise<boolean> {
    const job = await findJob(id);
    if (job === undefined || !isOver({ state: await readState(job) })) return false;
    await job.remove();
    await storage.drop(id);
    return true;
  }

  /** A request does not wait for Redis: it fails as soon as the connection is lost. */
  async function whileThere<T>(work: () => Promise<T>): Promise<T> {
    if (client.status !== 'ready') throw awayError();
    let onLoss = () => {};
    const loss = new Promise<never>((_, reject) => {
      onLoss = () => reject(awayError());
    });
    pending.add(onLoss);
    try {
      return await Promise.race([work(), loss]);
    } catch (error) {
      throw isAway(error) || client.status !== 'ready' ? awayError(error) : error;
    } finally {
      pending.delete(onLoss);
    }
  }

  async function close(): Promise<void> {
    closed = true;
    alertAll();
    // BullMQ would wait for a connection that is lost; nothing is left to do on any of them.
    for (const each of [...events, ...queues]) void each.close().catch(() => undefined);
    connections.close();
  }

  function alertAll(): void {
    for (const set of watchers.values()) for (const call of set) call();
  }
}

function ownState(job: RedisJob, found: QueueState | 'unknown'): JobState {
  const state = STATES[found];
  if (state === 'queued' && job.data.cancelled) return 'cancelled';
  return state ?? readEnd(job.failedReason ?? '').state;
}

/** @param cause why a command failed, where one was sent */
function awayError(cause?: unknown): QueueAwayError {
  const [refusal] = REFUSAL.exec(messageOf(cause)) ?? [];
  return new QueueAwayError(
    refusal === undefined
      ? 'the queue of jobs cannot be reached; expected Redis at REDIS_URL; send it again'
      : `Redis refuses commands: ${refusal}; expected it to take them; the log of the service has what it says`,
  );
}

function view(job: RedisJob, state: JobState): JobView {
  const { order, created, priority } = job.data;
  const { done = 0, total = 0, secondsLeft = null } = job.progress as Partial<ProgressData>;
  return {
    id: job.id!,
    kind: order.kind,
    model: order.model,
    data: order.data ?? null, // null also in jobs of an earlier version
    state,
    priority,
    created,
    ...lifetime(job, state),
    reason: state === 'cancelled' ? CANCEL_REASON : readReason(job, state),
    result: [...(job.returnvalue ?? [])],
    progress: { done, total, secondsLeft: state === 'running' ? secondsLeft : null },
  };
}

function readReason(job: RedisJob, state: JobState): string | null {
  return state === 'failed' ? readEnd(job.failedReason ?? '').reason : null;
}

/** A worker takes a job that was cancelled while it waited, only to end it; that is no part of its story. */
function lifetime(job: RedisJob, state: JobState): Pick<JobView, 'started' | 'ended'> {
  const { cancelled } = job.data;
  const { processedOn = Number.POSITIVE_INFINITY } = job;
  if (state !== 'cancelled' || cancelled === undefined) {
    return {
      started: state === 'queued' ? null : formatDate(job.processedOn),
      ended: formatDate(job.finishedOn),
    };
  }
  const isStarted = processedOn <= Date.parse(cancelled);
  return { started: isStarted ? formatDate(processedOn) : null, ended: cancelled };
}

function formatDate(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString();
}
