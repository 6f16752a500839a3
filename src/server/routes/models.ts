import { listModels, modelOf, serviceOf } from '../models.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';

/** The models there are, and what each says of itself. */
export function modelRoutes(deps: AppDependencies): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/models',
      handler: (c) => {
        const { catalogue, engine } = serviceOf(deps);
        return c.json({ models: listModels(catalogue), engine });
      },
    },
    ...modelRoute('GET', '', (c) => {
      const { digest, card } = modelOf(c, serviceOf(deps));
      return c.json({ digest, ...card });
    }),
  ];
}
