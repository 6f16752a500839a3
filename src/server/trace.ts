import { randomUUID } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { STAGES, type Stage } from './metrics/statistics.js';
import type { CacheUse } from './metrics/store-metrics.js';
import { HEALTH_ROUTES } from './middleware/admission.js';
import type { Problem } from './problem.js';
import type { AppDependencies } from './service.js';
import type { Upgrade } from './websocket/upgrade.js';

/** What is known of one request while it is answered. */
export interface Trace {
  readonly requestId: string;
  /** By the handed-in clock, in milliseconds. */
  readonly arrived: number;
  /** Where the time went, so far. */
  readonly seconds: Partial<Record<Stage, number>>;
  /** The route's pattern; one name for all requests that match none. */
  route: string;
  /** The name of the key that it shows. */
  client?: string;
  /** Whoever asks, told from all others: by the key or, without keys, by the address. */
  caller?: string;
  /** Counts one more question of the same client. @throws Problem when it may not ask that */
  readmit?: () => void;
  /** What goes on after the answer. */
  lasting?: Promise<void>;
  /** `name/version` of the model that answers. */
  model?: string;
  digest?: string;
  stimuli?: number;
  neurons?: number;
  /** To be called when the request has been answered: lets go of the models that it used. */
  readonly releases: (() => void)[];
  /** Whether the body budget has let the body in. */
  hasRoom?: boolean;
  /** Whether cached responses answered: all of them, some, none; unset where none were looked for. */
  cache?: CacheUse;
}

export type AppEnv = {
  /** The upgrade where the client asks for a WebSocket. */
  Bindings: {
    readonly upgrade?: Upgrade;
    /** Why this connection gets no answer but to how the service is. */
    readonly refusal?: Problem | undefined;
  };
  Variables: { trace: Trace };
};
export type AppContext = Context<AppEnv>;

const REQUEST_ID = /^[\x20-\x7e]{1,128}$/;

/** Gives each request its id and trace; then its headers, its line in the log, and its counts. */
export function traceRequests(deps: AppDependencies): MiddlewareHandler<AppEnv> {
  const { clock, metrics, logger, readiness } = deps;
  return async (c, next) => {
    const given = c.req.header('X-Request-Id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
    const trace: Trace = {
      requestId,
      arrived: clock(),
      seconds: {},
      route: 'unmatched',
      releases: [],
    };
    c.set('trace', trace);
    try {
      await next();
    } finally {
      for (const release of trace.releases) release();
    }
    const total = (clock() - trace.arrived) / 1000;
    const { seconds, route, client, digest, model, stimuli, neurons, cache } = trace;
    const { method, path } = c.req;
    const { headers } = c.res;
    const status = c.env?.upgrade?.taken ? 101 : c.res.status;
    headers.set('X-Request-Id', requestId);
    headers.set('Server-Timing', serverTiming({ ...seconds, total }, cache));
    if (digest !== undefined) headers.set('ETag', `"${digest}"`);
    // whoever keeps connections open is to find another replica before they are closed
    if (readiness().state === 'draining' || c.env?.refusal) headers.set('Connection', 'close');
    metrics.request({ route, method, status, seconds: { ...seconds, total }, digest, stimuli });
    // a stream writes its own line
    // those are asked every few seconds by machines, and of no interest unless something is wrong
    const level = HEALTH_ROUTES.has(route) || status === 101 ? 'debug' : 'info';
    const ms = Number((total * 1000).toFixed(3));
    logger[level](
      { requestId, client, method, path, route, status, ms, model, stimuli, neurons, cache },
      'request',
    );
  };
}

/** Adds to what the request spent in a stage. */
export function spend(trace: Trace, stage: Stage, seconds: number): void {
  trace.seconds[stage] = (trace.seconds[stage] ?? 0) + seconds;
}

/** Runs one stage of a request and adds to the trace how long it took, by the clock's milliseconds. */
export async function timed<T>(
  c: AppContext,
  clock: () => number,
  stage: Stage,
  work: () => T | Promise<T>,
): Promise<T> {
  const started = clock();
  try {
    return await work();
  } finally {
    spend(c.get('trace'), stage, (clock() - started) / 1000);
  }
}

/** The stages so far, in milliseconds, for the body of an answer. */
export function timing(trace: Trace): Partial<Record<Stage, number>> {
  const entries = STAGES.flatMap((stage) => {
    const seconds = trace.seconds[stage];
    return seconds === undefined ? [] : [[stage, milliseconds(seconds)] as const];
  });
  return Object.fromEntries(entries);
}

function serverTiming(
  seconds: Readonly<Partial<Record<Stage | 'total', number>>>,
  cache: CacheUse | undefined,
): string {
  const stages = ([...STAGES, 'total'] as const).flatMap((stage) => {
    const value = seconds[stage];
    return value === undefined ? [] : [`${stage};dur=${milliseconds(value)}`];
  });
  return (cache === undefined ? stages : [`cache;desc=${cache}`, ...stages]).join(', ');
}

function milliseconds(seconds: number): number {
  return Number((seconds * 1000).toFixed(3));
}
