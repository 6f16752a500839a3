import type { Context } from 'hono';
import type { Span } from '../tracing/tracer.js';
import type { Leases } from './leases.js';
import type { Stage } from './metrics/statistics.js';
import type { CacheUse } from './metrics/store-metrics.js';
import type { Problem } from './problem.js';
import type { StreamConnection } from './stream/transport.js';

/** A request, its client, and the work that outlasts the answer. */
export interface RequestContext {
  readonly id: string;
  /** By the handed-in clock, in milliseconds. */
  readonly arrived: number;
  /** Its part of a trace. */
  readonly span: Span;
  /** The name of the key that the client presented. */
  keyName?: string;
  /** Distinguishes the client from all others: its key or, without keys, its address. */
  clientId?: string;
  /** Counts another request of the client, such as a frame. @throws Problem when it may not send one */
  readmit?: () => Promise<void>;
  /** Settles once the work that outlasts the answer, such as a stream, has ended. */
  lasting?: Promise<void>;
}

/** The parts of a request's line in the log, which are also counted by the metrics. */
export interface RequestLog {
  /** The route's pattern; one name for all requests that match none. */
  route: string;
  /** `name/version` of the model that answers. */
  model?: string;
  digest?: string;
  /** Of the responses of the model. */
  tag?: string;
  /** The id of the job that the request made. */
  job?: string;
  stimuli?: number;
  neurons?: number;
  /** How many of the responses came from the cache; undefined where the cache was not read. */
  cache?: CacheUse;
  /** Seconds of each stage so far. */
  readonly seconds: Partial<Record<Stage, number>>;
}

export type AppEnv = {
  Bindings: {
    /** The connection where the client requests a stream on it. */
    readonly connection?: StreamConnection;
    /** The reason why this connection gets answers only on the state of the service. */
    readonly refusal?: Problem | undefined;
  };
  Variables: {
    readonly request: RequestContext;
    readonly log: RequestLog;
    /** What the request holds until it has been answered, such as its model and room for its body. */
    readonly leases: Leases;
  };
};
export type AppContext = Context<AppEnv>;

/** Whether the request is the first message of a stream over plain TCP, which has no query and no headers. */
export function isOverTcp(c: AppContext): boolean {
  return c.env?.connection?.kind === 'tcp';
}
