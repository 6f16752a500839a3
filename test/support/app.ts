import { fileURLToPath } from 'node:url';
import { type Logger, pino } from 'pino';
import { Registry } from 'prom-client';
import { EngineLostError } from '../../src/errors.js';
import { experimentContext } from '../../src/experiments/context.js';
import { runJob } from '../../src/experiments/job-experiments.js';
import { createKeptRows } from '../../src/experiments/quick-measurement/kept-rows.js';
import { createSetAnalysis } from '../../src/experiments/set-tuning/analysis-thread.js';
import type { ModelRepository, ServedModel, UnusableModel } from '../../src/inference/catalogue.js';
import { createScheduler, type SchedulerOptions } from '../../src/inference/scheduler.js';
import { runOrder } from '../../src/job-worker/run-order.js';
import { createJobFolder } from '../../src/jobs/job-storage.js';
import { createBodyDecoder } from '../../src/server/body/body-decoder.js';
import { createMemoryBudget } from '../../src/server/body/memory-budget.js';
import { createMetrics } from '../../src/server/metrics/metrics.js';
import { createStoreMetrics } from '../../src/server/metrics/store-metrics.js';
import type { Access } from '../../src/server/middleware/access.js';
import { createOwnLimits } from '../../src/server/middleware/rate-limits.js';
import type { AppDependencies, Limits, Readiness, Service } from '../../src/server/service.js';
import { createStreams, type StreamsOptions } from '../../src/server/stream/streams.js';
import { NO_SPAN, NO_TRACER } from '../../src/tracing/tracer.js';
import { tinyModel } from './cards.js';
import { createCheckedApp } from './contract.js';
import { createFakeEngine, type FakeEngine } from './fake-engine.js';
import { fixedRepository } from './fixed-repository.js';
import type { TestRunner } from './jobs.js';

const ANALYSIS_WORKER = new URL(
  '../../dist/src/experiments/set-tuning/analysis-worker.js',
  import.meta.url,
);

export interface TestAppOptions extends Partial<Pick<SchedulerOptions, 'capacity' | 'chunk'>> {
  readonly served?: readonly ServedModel[];
  readonly unusable?: readonly UnusableModel[];
  readonly limits?: Partial<Limits>;
  readonly engine?: FakeEngine;
  /** Replaces `served` and `unusable`. */
  readonly catalogue?: ModelRepository;
  readonly streams?: Partial<Pick<StreamsOptions, 'most' | 'timing'>>;
  readonly store?: Service['store'];
  readonly interpreter?: Service['interpreter'];
  readonly access?: Partial<Access>;
  readonly jobs?: Service['jobs'];
  /** Of `openTestJobs`: the app runs the jobs that no test holds. */
  readonly runner?: TestRunner;
  readonly quick?: Service['quick'];
  readonly training?: Service['training'];
  readonly imports?: Service['imports'];
  readonly rateLimits?: AppDependencies['rateLimits'];
  readonly sharedAnswers?: AppDependencies['sharedAnswers'];
  readonly tracer?: AppDependencies['tracer'];
  readonly guideFolder?: string;
}

/** Unix time where the clock of test apps is at 0, in milliseconds. */
export const CLOCK_START = 1_700_000_000_000;

/** An app with the fake engine, two versions of a tiny model and one unusable model. */
export function createTestApp(options: TestAppOptions = {}) {
  const { served = [tinyModel('tiny', 1), tinyModel('tiny', 2)], limits } = options;
  const { unusable = [{ name: 'broken', version: 1, reason: "no '/srv/models/broken/1/x.bin'" }] } =
    options;
  const { engine = createFakeEngine(), catalogue = fixedRepository(served, unusable) } = options;
  const time = { now: 0 };
  const clock = () => time.now;
  const log: Record<string, unknown>[] = [];
  const scheduler = createScheduler({
    engine,
    capacity: options.capacity ?? 100,
    chunk: options.chunk ?? 8,
    sweepMilliseconds: Number.POSITIVE_INFINITY,
    clock,
    onBatch: (...batch) => metrics.batch(...batch),
  });
  const { store = { unusable: 'this app has no folder' }, interpreter = closedInterpreter() } =
    options;
  const { jobs = { unusable: 'this app has no folder' } } = options;
  const { description } = engine;
  const { quick = createKeptRows({ objects: undefined, logger: loggerInto(log) }) } = options;
  const service = {
    catalogue,
    scheduler,
    engine: description,
    interpreter,
    store,
    jobs,
    quick,
    training: options.training ?? ('off' as const),
    imports: options.imports ?? ('off' as const),
  };
  const { tracer = NO_TRACER } = options;
  const state: { readiness: Readiness } = { readiness: { state: 'ready', service } };
  const registry = new Registry();
  const metrics = createMetrics(registry, () => scheduler.depth);
  metrics.models(catalogue);
  const logger = loggerInto(log);
  const cut = new AbortController();
  const streams = createStreams({
    most: 4,
    closing: () => state.readiness.state === 'draining',
    cut: cut.signal,
    metrics,
    logger,
    tracer,
    clock,
    clockStart: CLOCK_START,
    ...options.streams,
  });
  const deps: AppDependencies = {
    readiness: () => state.readiness,
    pageFolder: fileURLToPath(new URL('../fixtures/page', import.meta.url)),
    guideFolder:
      options.guideFolder ?? fileURLToPath(new URL('../fixtures/guide', import.meta.url)),
    access: {
      keys: undefined,
      maxConcurrent: 100,
      origins: [],
      localOnly: false,
      ...options.access,
    },
    sharedAnswers: options.sharedAnswers,
    rateLimits: options.rateLimits ?? createOwnLimits(clock),
    limits: { maxBody: 4096, maxStimuli: 100, maxPixels: 10_000, ...limits },
    bodies: createMemoryBudget({ capacity: 2 ** 20, small: 2 ** 16 }),
    setAnalysis: createSetAnalysis(ANALYSIS_WORKER),
    decoder: createBodyDecoder({
      memory: createMemoryBudget({ capacity: 2 ** 20, small: 2 ** 16 }),
    }),
    streams,
    cut: cut.signal,
    metrics,
    storeMetrics: createStoreMetrics(registry, () => 0),
    logger,
    tracer,
    afterAnswer: (task) => task(),
    clock,
  };
  const app = createCheckedApp(deps);
  if (options.runner) {
    options.runner.run = (folder) => (job, report, signal) => {
      const { name, version, digest } = job.order.model!;
      const context = experimentContext({
        respond: async (stimuli, neurons) => {
          const request = { digest, stimuli, neurons, priority: 'sweep', signal } as const;
          return (await scheduler.respond(request)).values;
        },
        interpreter,
        signal,
      });
      const order = {
        span: NO_SPAN,
        storage: createJobFolder(folder),
        engine: description,
        report,
        onStepNotSaved: (reason: string) => logger.warn({ reason }, 'a step is not saved'),
        signal,
      };
      return runOrder(job, order, (own) =>
        runJob(job.order, {
          ...context,
          ...own,
          model: catalogue.find(name, version)!,
          limits: deps.limits,
          async readStimulusSet(set) {
            if ('unusable' in store) throw new Error(store.unusable);
            return (await store.sets.read(set))!.stimuli;
          },
        }),
      );
    };
  }
  return { app, deps, cut, engine, catalogue, scheduler, service, streams, state, time, log };
}

function loggerInto(log: Record<string, unknown>[]): Logger {
  return pino({ level: 'debug' }, { write: (line: string) => log.push(JSON.parse(line)) });
}

/** For apps without an interpreter. */
function closedInterpreter(): Service['interpreter'] {
  const refuse = () => Promise.reject(new EngineLostError('no interpreter here'));
  return { interpret: refuse, gradient: refuse, maximise: refuse };
}
