import type { Logger } from 'pino';
import type { KeptRows } from '../experiments/quick-measurement/kept-rows.js';
import type { SetAnalysis } from '../experiments/set-tuning/analysis-thread.js';
import type { NetworkImports } from '../imports/network-imports.js';
import type { ModelRepository } from '../inference/catalogue.js';
import type { EngineDescription } from '../inference/engine.js';
import type { Scheduler } from '../inference/scheduler.js';
import type { Interpreter } from '../interpret/interpreter.js';
import type { Jobs } from '../jobs/jobs.js';
import type { Store } from '../storage/store.js';
import type { Tracer } from '../tracing/tracer.js';
import type { BodyDecoder } from './body/body-decoder.js';
import type { MemoryBudget } from './body/memory-budget.js';
import type { Metrics } from './metrics/metrics.js';
import type { StoreMetrics } from './metrics/store-metrics.js';
import type { Access } from './middleware/access.js';
import type { RateLimits } from './middleware/rate-limits.js';
import type { SharedAnswers } from './middleware/shared-answers.js';
import type { Streams } from './stream/streams.js';
import type { Training } from './training.js';

/** The parts that answer requests, once the models are loaded. */
export interface Service {
  readonly catalogue: ModelRepository;
  readonly scheduler: Pick<Scheduler, 'respond' | 'depth' | 'yieldToEventLoop'>;
  readonly engine: EngineDescription;
  readonly interpreter: Omit<Interpreter, 'close'>;
  /** Rows of the quick measurement. */
  readonly quick: KeptRows;
  /** The store on disk, or why there is none. */
  readonly store: Store | UnusableStore;
  readonly jobs: Jobs | UnusableStore;
  /** Training over HTTP; off unless the operator allows it. */
  readonly training: Training | 'off' | UnusableStore;
  /** Imports over HTTP; off unless the operator allows them. */
  readonly imports: NetworkImports | 'off';
}

/** Nothing can be kept on disk. */
interface UnusableStore {
  /** The reason, for clients and for the operator. */
  readonly unusable: string;
}

/** Loading until the models are verified, draining once the service shuts down. */
export type Readiness =
  | { readonly state: 'loading' }
  | ({ readonly state: 'ready' | 'draining' } & { readonly service: Service });

export interface Limits {
  /** Bytes. */
  readonly maxBody: number;
  /** Stimuli in one request. */
  readonly maxStimuli: number;
  /** Pixels in one image, before it is fitted to the model. */
  readonly maxPixels: number;
}

/** The parts that the routes use. */
export interface AppDependencies {
  readonly readiness: () => Readiness;
  /** The folder of the built page: index.html and assets/. */
  readonly pageFolder: string;
  /** The folder of the built guide: its pages and assets/. */
  readonly guideFolder: string;
  readonly access: Access;
  readonly rateLimits: RateLimits;
  /** Undefined where this service shares its answers with no other. */
  readonly sharedAnswers?: SharedAnswers | undefined;
  readonly limits: Limits;
  /** Admits large bodies a few at a time. */
  readonly bodies: MemoryBudget;
  readonly decoder: BodyDecoder;
  readonly setAnalysis: Pick<SetAnalysis, 'run'>;
  readonly streams: Streams;
  /** Aborted shortly before the process ends: the remaining requests are answered 503. */
  readonly cut: AbortSignal;
  readonly metrics: Metrics;
  readonly storeMetrics: StoreMetrics;
  readonly logger: Logger;
  readonly tracer: Tracer;
  /** Runs what no client waits for: counting a request, and its line of the log. It must not throw. */
  readonly afterAnswer: (task: () => void) => void;
  /** Milliseconds, monotonic; the scheduler's own. */
  readonly clock: () => number;
}
