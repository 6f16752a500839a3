import type { Catalogue } from '../../inference/catalogue.js';
import { unavailable } from '../problem.js';
import type { Route } from '../route.js';
import type { AppDependencies } from '../service.js';

/**
 * `/livez` answers as long as the process does; `/readyz` only while this replica should be sent
 * requests: the models are loaded and verified, and it was not told to stop.
 */
export function healthRoutes(deps: AppDependencies): Route[] {
  return [
    { method: 'GET', path: '/livez', scope: 'open', handler: (c) => c.json({ live: true }) },
    {
      method: 'GET',
      path: '/readyz',
      scope: 'open',
      handler: (c) => {
        const { served, unusable } = readyCatalogue(deps);
        return c.json({ ready: true, models: served.length, unusable: unusable.length });
      },
    },
  ];
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
