import packageFile from '../../package.json' with { type: 'json' };
import type { ExperimentContext, Progress } from '../experiments/context.js';
import type { EngineDescription } from '../inference/engine.js';
import type { ResultFile } from '../jobs/job-files.js';
import type { JobProgress, RunnableJob } from '../jobs/job-runner.js';
import type { JobStorage } from '../jobs/job-storage.js';
import type { Part } from '../jobs/record.js';
import { type Span, traced } from '../tracing/tracer.js';

/** What a job is run with. */
export interface OrderContext {
  /** The storage of all jobs. */
  readonly storage: Pick<JobStorage, 'openSteps' | 'writeResult'>;
  /** What computes, as its description says; the saved steps of another engine are not used. */
  readonly engine: EngineDescription;
  /** Of the job. */
  readonly span: Span;
  readonly report: (progress: JobProgress) => void;
  /** Called with the reason why a step could not be saved; the job continues without that. */
  readonly onStepNotSaved: (reason: string) => void;
  /** Aborted when the result is wanted no more; undefined where the whole process is ended then. */
  readonly signal?: AbortSignal;
}

/** What an order is run with, whatever its kind. */
export type RunContext = Pick<ExperimentContext, 'onProgress' | 'step'>;

/** Progress is reported no more often. */
const REPORT_MS = 100;

/**
 * Runs a job, from the steps on that an earlier run has saved in the storage of all jobs, and writes its result
 * there.
 * @param run makes the files of the result
 * @throws as `run`; DiskError or StorageError when the result cannot be written
 */
export async function runOrder(
  { id, order }: RunnableJob,
  { storage, engine, span, report, onStepNotSaved, signal }: OrderContext,
  run: (context: RunContext) => Promise<readonly ResultFile[]>,
): Promise<Part[]> {
  const progress = createReporter(report);
  const origin = JSON.stringify([packageFile.version, engine, order]);
  const log = await storage.openSteps(id, origin);
  const step: ExperimentContext['step'] = async (key, compute) => {
    const found = log.find(key);
    if (found !== undefined) return found as Awaited<ReturnType<typeof compute>>;
    const value = await traced(span, 'step', compute, { 'hypercolumn.step': key });
    await log.save(key, value).catch((error: Error) => onStepNotSaved(error.message));
    return value;
  };
  const files = await run({ onProgress: progress.report, step });
  progress.flush();
  signal?.throwIfAborted();
  return traced(span, 'write result', () => storage.writeResult(id, files));
}

/** Reports the latest progress, so that many quick steps are few messages. */
function createReporter(send: (progress: JobProgress) => void) {
  let sentAt = Number.NEGATIVE_INFINITY;
  let latest: Progress | undefined;
  const flush = () => {
    if (latest === undefined) return;
    const { done, total, preview } = latest;
    latest = undefined;
    sentAt = performance.now();
    send({ done, total, ...(preview && { preview: preview() }) });
  };
  const report = (progress: Progress) => {
    latest = progress;
    if (performance.now() - sentAt >= REPORT_MS) flush();
  };
  return { report, flush };
}
