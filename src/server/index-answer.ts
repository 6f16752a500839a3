import { OPERATIONS } from './openapi/operations.js';

/** Every route, but those that ask one version of a model, and what it does. */
function listed(): Record<string, string> {
  const named = Object.entries(OPERATIONS).filter(([route]) => !route.includes('/versions/'));
  return Object.fromEntries(
    named.map(([route, { summary }]) => [route.replaceAll(/:(\w+)/g, '{$1}'), summary]),
  );
}

/** What there is, for programs and for whoever asks with curl. */
export function indexAnswer() {
  return {
    service: 'hypercolumn',
    about: 'Digital twins of recorded visual-cortex neurons: responses and tuning curves.',
    routes: listed(),
    versions: 'every route of a model also exists under /v1/models/{model}/versions/{version}',
  };
}
