import type { Route } from '../route.js';
import type { AppDependencies } from '../service.js';

export function metricsRoutes({ metrics }: AppDependencies): Route[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      scope: 'metrics', // which name the models, and tell how much they are asked
      handler: async (c) => {
        const { contentType, body } = await metrics.text();
        return c.body(body, 200, { 'Content-Type': contentType });
      },
    },
  ];
}
