import type { Logger } from 'pino';
import { isDataJob } from '../datasets/data-jobs.js';
import { messageOf } from '../errors.js';
import { type JobProgress, logFields, type RunnableJob } from '../jobs/job-runner.js';
import { type JobStorage, openJobStorage } from '../jobs/job-storage.js';
import type { Part } from '../jobs/record.js';
import { createLog, type LogLevel, logNode } from '../log.js';
import type { ModelSource } from '../models/model-source.js';
import { openModelSource } from '../models/open-source.js';
import { openObjects, type StorageSettings } from '../objects/open-objects.js';
import type { StimulusLimits } from '../stimulus/limits.js';
import { createStimulusSets, type StimulusSets } from '../storage/stimulus-sets.js';
import { openTracer } from '../tracing/open-tracer.js';
import type { Span, Tracer } from '../tracing/tracer.js';
import { connectToService } from '../workers/connect-to-service.js';
import { lowerPriority } from '../workers/lower-priority.js';
import { type LocalEngine, type LocalEngineOptions, openLocalEngine } from './local-engine.js';
import { runDataOrder } from './run-data-order.js';
import { runModelOrder } from './run-model-order.js';
import { runOrder } from './run-order.js';

// The process that runs jobs: it renders, computes, fits and writes the results.

export type JobPriority = 'idle' | 'normal';

export interface JobWorkerOptions extends LocalEngineOptions {
  /** Where all models, all jobs and all stimulus sets are: folders, or places in S3. */
  readonly models: string;
  readonly jobs: string;
  readonly sets: string;
  /** Where recordings and datasets are: folders. */
  readonly recordings: string;
  readonly datasets: string;
  /** The most bytes that these may take. */
  readonly recordingsCapacity: number;
  readonly storage: StorageSettings;
  readonly limits: StimulusLimits;
  /** `idle`: other processes compute first. */
  readonly priority: JobPriority;
  readonly logLevel: LogLevel;
  /** Where traces are sent; undefined: nowhere. */
  readonly collector: string | undefined;
}

/** What the service may call; first `open`. */
export interface JobWorkerFunctions {
  open(options: JobWorkerOptions): Promise<void>;
  /** Runs a job, one at a time. */
  run(job: RunnableJob): Promise<Part[]>;
}

/** What this process may call. */
export interface JobWorkerService {
  report(progress: JobProgress): void;
  /** Logs why a step could not be saved; the job continues without it. */
  stepNotSaved(reason: string): void;
}

interface Opened {
  readonly logger: Logger;
  readonly options: JobWorkerOptions;
  readonly engine: LocalEngine;
  readonly models: ModelSource;
  readonly sets: StimulusSets;
  readonly jobs: JobStorage;
  readonly tracer: Tracer;
}

let opened: Opened | undefined;
let running: RunnableJob | undefined;

const functions: JobWorkerFunctions = {
  async open(options) {
    if (options.priority === 'idle') lowerPriority();
    const logger = createLog('job', options.logLevel);
    logNode(logger, () => (running ? logFields(running) : {}));
    const { storage } = options;
    opened = {
      logger,
      options,
      engine: await openLocalEngine(options),
      models: await openModelSource(options.models, storage, logger),
      // It stores none.
      sets: createStimulusSets(await openObjects(options.sets, 'DATA_DIR', storage, logger), 0),
      jobs: await openJobStorage(options.jobs, storage, logger),
      tracer: await openTracer(options.collector, 'hypercolumn-worker', logger),
    };
  },
  run,
};
const service = connectToService<JobWorkerService>(functions);

async function run(job: RunnableJob): Promise<Part[]> {
  if (opened === undefined) throw new Error('the engine is not open');
  const span = opened.tracer.start('run', {
    kind: 'internal',
    parent: job.origin?.traceparent,
    attributes: { 'hypercolumn.job.id': job.id },
  });
  running = job;
  try {
    const parts = await runTraced(job, opened, span);
    span.end();
    return parts;
  } catch (error) {
    span.end({ error: messageOf(error) });
    throw error;
  } finally {
    running = undefined;
  }
}

async function runTraced(job: RunnableJob, parts: Opened, span: Span): Promise<Part[]> {
  const { order } = job;
  const log = parts.logger.child(logFields(job));
  const context = {
    storage: parts.jobs,
    engine: parts.engine.description,
    span,
    report: (progress: JobProgress) => void service.report.asEvent(progress),
    onStepNotSaved: (reason: string) => void service.stepNotSaved.asEvent(reason),
  };
  const files = isDataJob(order.kind)
    ? await runOrder(job, context, ({ onProgress }) =>
        runDataOrder(job, { ...parts, onProgress, log: (line) => log.info(line) }),
      )
    : await runModelOrder(job, { ...parts, log, span, run: context });
  log.info({ files: files.map(({ name }) => name) }, 'the result of a job is written');
  return files;
}
