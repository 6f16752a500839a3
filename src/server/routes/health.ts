import { z } from 'zod';
import type { Catalogue } from '../../inference/catalogue.js';
import type { AppContext } from '../context.js';
import { json } from '../operation.js';
import { unavailable } from '../problem.js';
import { route } from '../route.js';
import type { AppDependencies } from '../service.js';

/** Of the routes that say whether the process is alive. */
export const LIVE = {
  method: 'GET',
  scope: 'open',
  summary: 'Is the process alive',
  answers: json('It is', z.strictObject({ live: z.literal(true) })),
} as const;

/**
 * `/livez` answers as long as the process does; `/readyz` only while this replica should be sent
 * requests: the models are loaded and verified, and it is not shutting down.
 */
export function healthRoutes(deps: AppDependencies) {
  const live = route(deps, { ...LIVE, path: '/livez', id: 'live', tag: 'service' }, answerLive);
  const ready = route(
    deps,
    {
      method: 'GET',
      path: '/readyz',
      scope: 'open',
      id: 'ready',
      tag: 'service',
      summary: 'Are the models loaded and verified',
      answers: json(
        'They are',
        z.strictObject({ ready: z.literal(true), models: z.int(), unusable: z.int() }),
      ),
      errors: [503],
    },
    (c) => {
      const { served, unusable } = readyCatalogue(deps);
      return c.json({ ready: true, models: served.length, unusable: unusable.length });
    },
  );
  return [live, ready];
}

export function answerLive(c: AppContext): Response {
  return c.json({ live: true });
}

/** @throws Problem 503 with the reason unless this replica should be sent requests */
export function readyCatalogue({ readiness }: AppDependencies): Catalogue {
  const current = readiness();
  if (current.state === 'loading') throw unavailable('the models are still being loaded');
  if (current.state === 'draining') throw unavailable('the service is shutting down');
  const { catalogue } = current.service;
  if (catalogue.served.length === 0) throw unavailable('no model can be served');
  return catalogue;
}
