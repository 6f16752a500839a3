import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { NO_SPAN, STATUS, traceId } from '../../tracing/tracer.js';
import type { AppEnv, RequestContext, RequestLog } from '../context.js';
import { createLeases } from '../leases.js';
import type { AppDependencies } from '../service.js';
import { milliseconds, serverTiming } from '../timing.js';
import { HEALTH_ROUTES } from './admission.js';

const REQUEST_ID = /^[\x20-\x7e]{1,128}$/;

/**
 * Gives each request its id and its context; after the answer releases what it holds, sets the headers that
 * every answer has. Once the answer is written, it writes its line of the log and counts it.
 */
export function logRequests(deps: AppDependencies): MiddlewareHandler<AppEnv> {
  const { clock, metrics, logger, readiness, tracer, afterAnswer } = deps;
  return async (c, next) => {
    const given = c.req.header('X-Request-Id');
    const id = given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
    const { method, path } = c.req;
    const span = HEALTH_ROUTES.has(path)
      ? NO_SPAN
      : tracer.start(method, { kind: 'server', parent: c.req.header('traceparent') });
    const request: RequestContext = { id, arrived: clock(), span };
    const log: RequestLog = { route: 'unmatched', seconds: {} };
    const leases = createLeases();
    c.set('request', request);
    c.set('log', log);
    c.set('leases', leases);
    try {
      await next();
    } finally {
      leases.releaseAll();
    }
    const total = (clock() - request.arrived) / 1000;
    const { route, digest, tag, model, job, stimuli, neurons, cache } = log;
    const seconds = { ...log.seconds, total };
    const { headers } = c.res;
    const status = c.env?.connection?.taken ? 101 : c.res.status;
    headers.set('X-Request-Id', id);
    headers.set('Server-Timing', serverTiming(seconds, cache));
    if (tag !== undefined) headers.set('ETag', `"${tag}"`);
    // Clients that keep connections open find another replica before these are closed.
    if (readiness().state === 'draining' || c.env?.refusal) headers.set('Connection', 'close');
    const { keyName: client } = request;
    span.end({
      name: `${method} ${route}`,
      attributes: {
        'http.request.method': method,
        'http.route': route,
        'url.path': path,
        [STATUS]: status,
        'hypercolumn.request.id': id,
        'hypercolumn.client': client,
        'hypercolumn.model': model,
        'hypercolumn.stimuli': stimuli,
        'hypercolumn.neurons': neurons,
        'hypercolumn.cache': cache,
      },
      error: status >= 500 ? `status ${status}` : undefined,
    });
    afterAnswer(() => {
      metrics.request({ route, method, status, seconds, digest, stimuli });
      // A stream writes its own line. Machines request the health routes every few seconds.
      const level = HEALTH_ROUTES.has(route) || status === 101 ? 'debug' : 'info';
      const trace = traceId(span);
      const ms = milliseconds(total);
      logger[level](
        {
          ...{ request: id, trace, job, client, method, path, route, status, ms },
          ...{ model, stimuli, neurons, cache },
        },
        'request',
      );
    });
  };
}
