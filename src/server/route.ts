import type { Scope } from './middleware/api-keys.js';
import type { AppContext } from './trace.js';

export type Handler = (c: AppContext) => Response | Promise<Response>;

/** One route of the interface; the path in Hono's pattern, which is also its name in the metrics. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** What a key must be good for; `predict` where it is not said, and `open` needs none. */
  readonly scope?: Scope | 'open';
  readonly handler: Handler;
}

/** Whether it takes an `Idempotency-Key`. */
export function isRepeatable({ method, path }: Pick<Route, 'method' | 'path'>): boolean {
  return method === 'POST' && path.startsWith('/v1/');
}

/** A model's route, which exists for the latest version and for each version by number. */
export function modelRoute(
  method: Route['method'],
  tail: string,
  handler: Handler,
  under: '/v1' | '/v2' = '/v1',
): Route[] {
  return ['/models/:model', '/models/:model/versions/:version'].map((head) => ({
    method,
    path: `${under}${head}${tail}`,
    handler,
  }));
}
