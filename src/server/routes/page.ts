import { existsSync } from 'node:fs';
import path from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { z } from 'zod';
import type { AppContext } from '../context.js';
import { Problem } from '../problem.js';
import { type Route, route } from '../route.js';
import type { AppDependencies } from '../service.js';

/** A file of the page; its name has a digest of its content. */
const AssetName = z.string().regex(/^[\w-][\w.-]{0,199}$/);

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
    (c, { mediaType }) => {
      c.header('Vary', 'Accept');
      if (mediaType !== 'text/html') return c.json(listRoutes(routes()));
      c.header('Content-Security-Policy', POLICY);
      c.header('Cache-Control', 'no-cache');
      return serveFile(c, path.join(pageFolder, 'index.html'));
    },
  );
  const asset = route(
    deps,
    {
      method: 'GET',
      path: '/assets/:asset',
      params: { asset: { schema: AssetName, description: 'a file of the page' } },
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
    (c) => {
      const name = AssetName.safeParse(c.req.param('asset'));
      const file = path.join(pageFolder, 'assets', name.data ?? '');
      if (!name.success || !existsSync(file)) throw missing();
      c.header('Cache-Control', 'public, max-age=31536000, immutable');
      return serveFile(c, file);
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

async function serveFile(c: AppContext, file: string): Promise<Response> {
  const answer = await serveStatic({ path: file, precompressed: true })(c, async () => {});
  if (!answer) throw missing();
  return answer;
}

function missing(): Problem {
  return new Problem(
    404,
    'the page has no such file: load / again; where the page itself is missing, npm run build makes it',
  );
}
