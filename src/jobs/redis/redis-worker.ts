import { setTimeout as pause } from 'node:timers/promises';
import { DelayedError, type Processor, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Logger } from 'pino';
import { InputError, messageOf, PublicError, type StorageError } from '../../errors.js';
import { createConnections, PREFIX, waitForFailure, waitForLoss } from '../../redis/connection.js';
import { watchEviction } from '../../redis/eviction.js';
import { createTimeLeft } from '../../time-left.js';
import { logFields, type RunJob } from '../job-runner.js';
import type { JobStorage } from '../job-storage.js';
import type { Part } from '../record.js';
import { CANCEL_REASON, type End, writeEnd } from './end.js';
import type { JobPlace } from './job-place.js';
import { CANCELLED, previewKey, queueName } from './names.js';
import type { JobData, ProgressData } from './redis-jobs.js';

export interface RedisWorkerOptions {
  readonly url: string;
  readonly kinds: readonly string[];
  /** Jobs of each kind that run at the same time. */
  readonly concurrency: number;
  readonly run: RunJob;
  /** Of all jobs' results. */
  readonly storage: Pick<JobStorage, 'dropSteps'>;
  /** Of the storage. */
  readonly place: Pick<JobPlace, 'findFault'>;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** The message for clients about an error; undefined for a bug, which is logged. */
  readonly explain: (error: unknown) => string | undefined;
  /** Milliseconds after which a job is run again that could not reach S3. */
  readonly retryMs?: number;
}

/**
 * Milliseconds after which a job of a worker that was killed is given to another: a lock ends, and one of the next
 * two checks finds it.
 */
const LOCK_MS = 8000;
const STALLED_MS = 2500;
const MAX_STALLED = 3;
/** The code of a StorageError. */
const STORAGE: StorageError['code'] = 'storage';
const RETRY_MS = 10_000;
/** For half an hour, unless workers are lost meanwhile. */
const MAX_ATTEMPTS = 180;
const PREVIEW_SECONDS = 60;
/** In which BullMQ closes what runs no job; it never does where its own connection is being made again just then. */
const CLOSE_MS = 2000;
const CANCELLED_END = { state: 'cancelled', reason: CANCEL_REASON } as const;

export interface RedisWorker {
  /**
   * Resolves when it takes jobs, which it does as soon as Redis can be reached.
   * @throws InputError where the other services and workers keep their jobs in another place
   */
  readonly started: Promise<void>;
  /** Resolves when it is known that Redis cannot be reached at first. */
  readonly away: Promise<void>;
  /** Whether it takes jobs now. */
  readonly isReady: boolean;
  close(): Promise<void>;
}

/** Takes jobs from Redis and runs them, until it is closed; then other workers continue them. */
export function startRedisWorker(options: RedisWorkerOptions): RedisWorker {
  const { url, kinds, concurrency, run, storage, place, clock, logger, explain } = options;
  const { retryMs = RETRY_MS } = options;
  const stopping = new AbortController();
  const connections = createConnections(url, logger);
  const client = connections.forWaiting();
  watchEviction(client, logger);
  const subscriber = connections.forWaiting();

  /** Jobs that run now. */
  const running = new Set<Promise<unknown>>();

  // BullMQ gives the signal only to a function that names three arguments.
  const process: Processor<JobData, readonly Part[]> = (job, token, signal) => {
    const done = runJob(job, token, signal);
    const forget = () => running.delete(done);
    running.add(done);
    done.then(forget, forget);
    return done;
  };

  const runJob: Processor<JobData, readonly Part[]> = async (job, token, signal) => {
    const id = job.id!;
    if (job.data.cancelled) throw failure(CANCELLED_END);
    const fields = logFields({ id, origin: job.data.origin });
    const timeLeft = createTimeLeft(clock);
    const stopped = AbortSignal.any([stopping.signal, ...(signal ? [signal] : [])]);
    try {
      const report = ({ done, total, preview }: Parameters<Parameters<RunJob>[1]>[0]) => {
        timeLeft.update(done, total);
        const progress: ProgressData = { done, total, secondsLeft: timeLeft.seconds() };
        const write = preview
          ? client.set(previewKey(id), preview, 'EX', PREVIEW_SECONDS)
          : Promise.resolve();
        write
          .then(() => job.updateProgress(progress))
          .catch((err: unknown) => logger.warn({ ...fields, err }, 'progress cannot be reported'));
      };
      const { order, created, origin } = job.data;
      return await run({ id, order, created, origin }, report, stopped);
    } catch (error) {
      if (stopping.signal.aborted) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      if (signal?.aborted) throw failure(CANCELLED_END);
      if (isStorageAway(error) && job.attemptsStarted < MAX_ATTEMPTS) {
        logger.warn({ ...fields, reason: messageOf(error) }, 'a job waits for its storage');
        await job.moveToDelayed(Date.now() + retryMs, token);
        throw new DelayedError();
      }
      const reason = explain(error);
      if (reason === undefined) logger.error({ ...fields, err: error }, 'unhandled error');
      else logger.warn({ ...fields, reason }, 'a job failed');
      const hidden = "an error in the worker; its log has it under the job's id";
      throw failure({ state: 'failed', reason: reason ?? hidden });
    }
  };

  let workers: Worker<JobData, readonly Part[]>[] = [];
  /** What is deleted now. */
  const dropping = new Set<Promise<void>>();
  const started = start();
  started.catch(() => undefined); // The caller may have closed it before.

  async function start(): Promise<void> {
    const fault = await place.findFault(client);
    if (fault !== undefined) throw new InputError(fault);
    if (stopping.signal.aborted) return;
    workers = kinds.map(createWorker);
    await subscriber.subscribe(CANCELLED);
  }

  function createWorker(kind: string): Worker<JobData, readonly Part[]> {
    const worker = new Worker<JobData, readonly Part[]>(queueName(kind), process, {
      connection: connections.forWaiting(),
      prefix: PREFIX,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_MS,
      maxStalledCount: MAX_STALLED,
    });
    worker.on('error', () => undefined); // The connection logs it.
    worker.on('completed', ({ id }) => dropSteps(id));
    worker.on('failed', (job) => dropSteps(job?.id));
    return worker;
  }

  /** A job that is over needs its steps no more. */
  function dropSteps(id: string | undefined): void {
    if (id === undefined) return;
    const dropped = storage
      .dropSteps(id)
      .catch((err: unknown) => logger.error({ job: id, err }, 'failed to delete the saved steps'))
      .finally(() => dropping.delete(dropped));
    dropping.add(dropped);
  }

  subscriber.on('message', (_, id) => {
    for (const worker of workers) worker.cancelJob(id, CANCEL_REASON);
  });

  return {
    started,
    away: waitForFailure(client),
    get isReady() {
      return workers.length > 0 && client.status === 'ready' && !stopping.signal.aborted;
    },
    async close() {
      stopping.abort(new Error('the worker is shutting down'));
      const closed = Promise.all(workers.map((worker) => worker.close()));
      // Without Redis nothing can be given back; another worker takes the jobs when their locks expire.
      const idle = Promise.allSettled([...running]).then(() => pause(CLOSE_MS));
      await Promise.race([closed, waitForLoss(client), idle]);
      closed.catch(() => undefined);
      await Promise.all(dropping);
      connections.close();
    },
  };
}

/** Such an error also arrives from the process that runs the job. */
function isStorageAway(error: unknown): boolean {
  return error instanceof PublicError && error.code === STORAGE;
}

function failure(end: End): UnrecoverableError {
  return new UnrecoverableError(writeEnd(end));
}
