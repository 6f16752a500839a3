import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { AppEnv } from './context.js';
import { Problem, problemFrom, problemResponse, unavailable } from './problem.js';

export interface WorkerAppOptions {
  /** Whether the worker takes jobs now. */
  readonly isReady: () => boolean;
  readonly registry: Registry;
  readonly logger: Logger;
}

/**
 * What a worker answers on HEALTH_PORT, without a key: `/livez` and `/readyz` for probes, `/metrics` for Prometheus.
 */
export function createWorkerApp({ isReady, registry, logger }: WorkerAppOptions): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get('/livez', (c) => c.json({ live: true }));
  app.get('/readyz', (c) => {
    if (!isReady()) throw unavailable('the worker takes no jobs now; its log says why');
    return c.json({ ready: true });
  });
  app.get('/metrics', async (c) => {
    return c.body(await registry.metrics(), 200, { 'Content-Type': registry.contentType });
  });
  app.notFound(() => {
    const problem = new Problem(404, 'no such path; expected /livez, /readyz or /metrics');
    return problemResponse(problem, randomUUID());
  });
  app.onError((error) => {
    const request = randomUUID();
    const problem = problemFrom(error);
    if (problem.status === 500) logger.error({ request, err: error }, 'unhandled error');
    return problemResponse(problem, request);
  });
  return app;
}
