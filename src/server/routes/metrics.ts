import { z } from 'zod';
import { route } from '../route.js';
import type { AppDependencies } from '../service.js';

/** The metrics need a key, because they name the models and count the requests to each. */
export function metricsRoutes(deps: AppDependencies) {
  const metrics = route(
    deps,
    {
      method: 'GET',
      path: '/metrics',
      scope: 'metrics',
      id: 'metrics',
      tag: 'service',
      summary: 'Counts and times, for Prometheus',
      answers: { 200: { description: 'Its text format', content: { 'text/plain': z.string() } } },
    },
    async (c) => {
      const { contentType, body } = await deps.metrics.text();
      return c.body(body, 200, { 'Content-Type': contentType });
    },
  );
  return [metrics];
}
