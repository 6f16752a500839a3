import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { EngineLostError, messageOf } from '../errors.js';
import { type JobProgress, logFields, type RunJob, type RunnableJob } from '../jobs/job-runner.js';
import type { Part } from '../jobs/record.js';
import type { Span, Tracer } from '../tracing/tracer.js';
import { type StartedProcess, startProcess } from '../workers/child-process.js';
import type { JobWorkerFunctions, JobWorkerOptions, JobWorkerService } from './job-worker.js';

/** Processes that run jobs, each with an engine of its own. */
export interface JobProcesses {
  /** Runs a job in a process that has none. */
  readonly run: RunJob;
  close(): Promise<void>;
}

export interface JobProcessesOptions {
  readonly worker: JobWorkerOptions;
  readonly logger: Logger;
  readonly tracer: Tracer;
  /** A process ends after so long without a job, and its memory is free. */
  readonly idleMs?: number;
  /** The compiled module that a process runs. */
  readonly entry?: string;
}

/** In messages. */
const NAME = 'process that runs jobs';
/** A job fails when it has lost so many processes. */
const MAX_LOSSES = 3;
const IDLE_MS = 60_000;
/** Of JavaScript's own heap, to which the weights and the backend's memory are added. */
const HEAP_MEGABYTES = 1024;

interface JobProcess {
  readonly process: StartedProcess<JobWorkerFunctions>;
  readonly opened: Promise<void>;
  report: (progress: JobProgress) => void;
  job: RunnableJob | undefined;
  idle?: NodeJS.Timeout;
}

/**
 * Runs each job in a process of its own, so that nothing of a job delays what the service answers. The first
 * job starts a process. A job whose process ends is continued by another one; a job that is stopped ends
 * together with its process.
 */
export function createJobProcesses(options: JobProcessesOptions): JobProcesses {
  const { worker, logger, tracer, idleMs = IDLE_MS, entry = defaultEntry() } = options;
  const processes = new Set<JobProcess>();
  return {
    async run(job, report, signal) {
      const span = startTrace(job);
      const { kind, data } = job.order;
      const fields = { ...logFields(job), kind, model: modelOf(job), data: data ?? undefined };
      logger.info(fields, 'a job is started');
      try {
        const parts = await runInTurn(continueTrace(job, span), report, signal);
        span.end();
        logger.info(fields, 'a job is done');
        return parts;
      } catch (error) {
        span.end({ error: messageOf(error) });
        if (signal.aborted) logger.info(fields, 'a job is stopped');
        throw error;
      }
    },

    async close() {
      await Promise.all([...processes].map(stop));
    },
  };

  function startTrace(job: RunnableJob): Span {
    const { id, order, created, origin } = job;
    const span = tracer.start(`job ${order.kind}`, {
      kind: 'consumer',
      parent: origin?.traceparent,
      attributes: {
        'hypercolumn.job.id': id,
        'hypercolumn.request.id': origin?.requestId,
        'hypercolumn.model': modelOf(job),
      },
    });
    const waited = Date.now() - Date.parse(created);
    span.start('queue', {}, performance.now() - waited).end();
    return span;
  }

  /** Runs it again where its process is lost. */
  async function runInTurn(
    job: RunnableJob,
    report: (progress: JobProgress) => void,
    signal: AbortSignal,
  ): Promise<readonly Part[]> {
    for (let losses = 1; ; losses++) {
      signal.throwIfAborted();
      try {
        return await runOnce(job, report, signal);
      } catch (error) {
        if (!(error instanceof EngineLostError) || signal.aborted) throw error;
        if (losses < MAX_LOSSES) continue;
        throw new EngineLostError(`${error.message}, ${losses} times in a row`, {
          isReplaced: false,
          cause: error,
        });
      }
    }
  }

  async function runOnce(
    job: RunnableJob,
    report: (progress: JobProgress) => void,
    signal: AbortSignal,
  ): Promise<readonly Part[]> {
    const free = [...processes].find((each) => each.job === undefined);
    const chosen = free ?? start();
    clearTimeout(chosen.idle);
    chosen.job = job;
    chosen.report = report;
    const onAbort = () => void stop(chosen);
    signal.addEventListener('abort', onAbort);
    try {
      await chosen.opened;
      return await chosen.process.remote.run(job);
    } catch (error) {
      if (!signal.aborted) throw error;
      await stop(chosen); // Nothing of the job runs any more.
      throw signal.reason;
    } finally {
      signal.removeEventListener('abort', onAbort);
      chosen.job = undefined;
      chosen.idle = setTimeout(() => void stop(chosen), idleMs).unref();
    }
  }

  function start(): JobProcess {
    const functions: JobWorkerService = {
      report: (progress) => started.report(progress),
      stepNotSaved: (reason) => logger.warn({ ...fields(), reason }, 'a step is not saved'),
    };
    const process = startProcess<JobWorkerFunctions>({
      entry,
      name: NAME,
      heapMegabytes: HEAP_MEGABYTES,
      functions,
    });
    const opened = process.remote.open(worker);
    const started: JobProcess = { process, opened, report: () => {}, job: undefined };
    const fields = () => started.job && logFields(started.job);
    processes.add(started);
    opened.catch(() => stop(started)); // The next job starts another.
    const { pid } = process;
    void process.ended.then((end) => {
      clearTimeout(started.idle);
      if (processes.delete(started))
        logger.error({ child: pid, ...fields() }, `the ${NAME} ${end}`);
    });
    logger.info({ child: pid }, `the ${NAME} is started`);
    return started;
  }

  async function stop(ending: JobProcess): Promise<void> {
    processes.delete(ending);
    ending.process.kill();
    await ending.process.ended;
  }
}

/** `name/version`; undefined for a job that is of data. */
function modelOf({ order: { model } }: RunnableJob): string | undefined {
  return model === null ? undefined : `${model.name}/${model.version}`;
}

/** What its process traces is a part of the span. */
function continueTrace(job: RunnableJob, { traceparent }: Span): RunnableJob {
  if (traceparent === undefined) return job;
  return { ...job, origin: { requestId: '', ...job.origin, traceparent } };
}

function defaultEntry(): string {
  return fileURLToPath(new URL('./job-worker.js', import.meta.url));
}
