import { existsSync } from 'node:fs';
import path from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { accepts } from 'hono/accepts';
import { z } from 'zod';
import { indexAnswer } from '../index-answer.js';
import { Problem } from '../problem.js';
import type { Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import type { AppContext } from '../trace.js';

/** A file that the page is made of; its name has a digest of what is in it. */
export const AssetName = z.string().regex(/^[\w-][\w.-]{0,199}$/);

/** All that the page does stays between it and this service. */
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

/** The page to look at neurons, for browsers; whoever does not ask for HTML gets the index. */
export function pageRoutes({ pageFolder }: AppDependencies): Route[] {
  const serve = async (c: AppContext, file: string) => {
    const answer = await serveStatic({ path: file, precompressed: true })(c, async () => {});
    if (!answer) throw missing();
    return answer;
  };
  return [
    { method: 'GET', path: '/', scope: 'open', handler: page },
    { method: 'GET', path: '/assets/:asset', scope: 'open', handler: asset },
  ];

  async function page(c: AppContext): Promise<Response> {
    c.header('Vary', 'Accept');
    const supports = ['application/json', 'text/html'];
    const type = accepts(c, { header: 'Accept', supports, default: 'application/json' });
    if (type !== 'text/html') return c.json(indexAnswer());
    c.header('Content-Security-Policy', POLICY);
    c.header('Cache-Control', 'no-cache');
    return serve(c, path.join(pageFolder, 'index.html'));
  }

  async function asset(c: AppContext): Promise<Response> {
    const name = AssetName.safeParse(c.req.param('asset'));
    const file = path.join(pageFolder, 'assets', name.data ?? '');
    if (!name.success || !existsSync(file)) throw missing();
    c.header('Cache-Control', 'public, max-age=31536000, immutable');
    return serve(c, file);
  }
}

function missing(): Problem {
  return new Problem(
    404,
    'the page has no such file: load / again; where the page itself is missing, npm run build makes it',
  );
}
