import { z } from 'zod';
import { Problem } from '../problem.js';
import { type Route, route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { FileName, IMMUTABLE, REVALIDATED, sendFile } from '../static-file.js';

/** The page contacts no server but this one. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const Index = z.strictObject({
  service: z.string(),
  about: z.string(),
  routes: z.record(z.string(), z.string()),
  versions: z.string(),
});

/**
 * The web page for browsers; clients that do not accept HTML get the index of routes.
 * @param routes all routes of the app, these among them
 */
export function pageRoutes(deps: AppDependencies, routes: () => readonly Route[]) {
  const { pageFolder } = deps;
  const page = route(
    deps,
    {
      method: 'GET',
      path: '/',
      scope: 'open',
      id: 'index',
      tag: 'service',
      summary: 'The index of routes; for browsers, the web page',
      answers: {
        200: {
          description: 'The routes, and what each does; the web page where `Accept` names HTML',
          content: { 'application/json': Index, 'text/html': z.string() },
        },
      },
    },
    async (c, { mediaType }) => {
      c.header('Vary', 'Accept');
      if (mediaType !== 'text/html') return c.json(listRoutes(routes()));
      const headers = { 'Content-Security-Policy': POLICY, 'Cache-Control': REVALIDATED };
      return present(await sendFile(c, pageFolder, 'index.html', headers));
    },
  );
  const asset = route(
    deps,
    {
      method: 'GET',
      path: '/assets/:asset',
      params: { asset: { schema: FileName, description: 'a file of the page' } },
      scope: 'open',
      id: 'pageAsset',
      tag: 'service',
      summary: 'What that page is made of',
      answers: {
        200: {
          description: 'A file',
          content: {
            'text/javascript': z.string(),
            'text/css': z.string(),
            'image/svg+xml': z.string(),
          },
        },
      },
    },
    async (c) => {
      const headers = { 'Cache-Control': IMMUTABLE };
      return present(await sendFile(c, `${pageFolder}/assets`, c.req.param('asset'), headers));
    },
  );
  return [page, asset];
}

/** Every route with what it does, except the routes of one version of a model. */
function listRoutes(routes: readonly Route[]): z.infer<typeof Index> {
  const listed = routes
    .filter((each) => !each.path.includes('/versions/'))
    .map(({ method, path, summary }) => {
      return [`${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`, summary];
    });
  return {
    service: 'hypercolumn',
    about: 'Digital twins of recorded visual-cortex neurons: responses and tuning curves.',
    routes: Object.fromEntries(listed),
    versions: 'every route of a model also exists under /v1/models/{model}/versions/{version}',
  };
}

function present(file: Response | undefined): Response {
  if (file !== undefined) return file;
  throw new Problem(
    404,
    'the page has no such file: load / again; where the page itself is missing, npm run build makes it',
  );
}
