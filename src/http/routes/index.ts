import { OPERATIONS } from '../openapi/operations.js';
import type { Route } from '../route.js';

/** Every route, but those that ask one version of a model, and what it does. */
function listed(): Record<string, string> {
  const named = Object.entries(OPERATIONS).filter(([route]) => !route.includes('/versions/'));
  return Object.fromEntries(
    named.map(([route, { summary }]) => [route.replaceAll(/:(\w+)/g, '{$1}'), summary]),
  );
}

export function indexRoutes(): Route[] {
  const index = {
    service: 'hypercolumn',
    about: 'Digital twins of recorded visual-cortex neurons: responses and tuning curves.',
    routes: listed(),
    versions: 'every route of a model also exists under /v1/models/{model}/versions/{version}',
  };
  return [{ method: 'GET', path: '/', scope: 'open', handler: (c) => c.json(index) }];
}
