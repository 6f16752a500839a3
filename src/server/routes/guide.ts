import path from 'node:path';
import { z } from 'zod';
import type { AppContext } from '../context.js';
import { negotiate } from '../formats.js';
import { ProblemAnswer } from '../openapi/problems.js';
import { BINARY } from '../operation.js';
import { Problem } from '../problem.js';
import { route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { FileName, IMMUTABLE, REVALIDATED, sendFile } from '../static-file.js';

const NOT_FOUND = '404.html';
const NO_FILE =
  'the guide has no such file: it begins at /guide/; where the guide itself is missing, npm run build makes it';
const NOT_BUILT =
  'the guide is not built: npm run build makes it in a checkout, whose folder docs has the same pages';
const NOT_BUILT_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>The guide is not built</title>
<h1>The guide is not built</h1>
<p><code>npm run build</code> makes it in a checkout, whose folder <code>docs</code> has the same pages.</p>
<p><a href="../">Back to the models</a></p>
</html>
`;

/** The guide contacts no server but this one. It sets the colours of code in attributes. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE_HEADERS = { 'Content-Security-Policy': POLICY, 'Cache-Control': REVALIDATED };

/** Both routes of files. */
const ASSET = {
  method: 'GET',
  params: { asset: { schema: FileName, description: 'a file of the guide' } },
  scope: 'open',
  tag: 'service',
  answers: {
    200: {
      description: 'A file',
      content: { 'text/javascript': z.string(), 'text/css': z.string(), 'image/png': BINARY },
    },
  },
} as const;

/** The documentation as a site, which `npm run build` makes of docs/. */
export function guideRoutes(deps: AppDependencies) {
  const { guideFolder } = deps;
  const guide = route(
    deps,
    {
      method: 'GET',
      path: '/guide',
      scope: 'open',
      id: 'guide',
      tag: 'service',
      summary: 'The guide: the documentation with a search',
      answers: { 302: { description: 'Leads to its first page, `/guide/`' } },
    },
    // Relative, so that it also leads there behind a prefix.
    (c) => c.redirect('guide/'),
  );
  const home = route(
    deps,
    {
      method: 'GET',
      path: '/guide/',
      scope: 'open',
      id: 'guideHome',
      tag: 'service',
      summary: 'The first page of the guide',
      answers: {
        200: { description: 'The page', content: { 'text/html': z.string() } },
        404: {
          description: 'The guide is not built',
          content: { 'application/problem+json': ProblemAnswer, 'text/html': z.string() },
        },
      },
    },
    async (c) => {
      const home = await sendFile(c, guideFolder, 'index.html', PAGE_HEADERS);
      if (home !== undefined || !isBrowser(c)) return present(home, NOT_BUILT);
      c.header('Content-Security-Policy', POLICY);
      return c.html(NOT_BUILT_PAGE, 404);
    },
  );
  const page = route(
    deps,
    {
      method: 'GET',
      path: '/guide/:page',
      params: { page: { schema: FileName, description: 'a page of the guide, such as jobs.html' } },
      scope: 'open',
      id: 'guidePage',
      tag: 'service',
      summary: 'A page of the guide',
      answers: {
        200: {
          description: 'The page, `hashmap.json` with the newest version of each, or a picture',
          content: {
            'text/html': z.string(),
            'application/json': z.record(z.string(), z.string()),
            'image/svg+xml': z.string(),
            'image/png': BINARY,
          },
        },
        404: {
          description: 'There is no such page',
          content: { 'application/problem+json': ProblemAnswer, 'text/html': z.string() },
        },
      },
    },
    async (c) => (await sendFile(c, guideFolder, c.req.param('page'), PAGE_HEADERS)) ?? notFound(c),
  );
  const asset = route(
    deps,
    {
      ...ASSET,
      path: '/guide/assets/:asset',
      id: 'guideAsset',
      summary: 'What the guide is made of',
    },
    (c) => sendAsset(c, 'assets'),
  );
  const chunk = route(
    deps,
    { ...ASSET, path: '/guide/assets/chunks/:asset', id: 'guideChunk', summary: 'Its scripts' },
    (c) => sendAsset(c, 'assets/chunks'),
  );
  return [guide, home, page, asset, chunk];

  async function sendAsset(c: AppContext, folder: string): Promise<Response> {
    const headers = { 'Cache-Control': IMMUTABLE };
    const name = c.req.param('asset');
    return present(await sendFile(c, path.join(guideFolder, folder), name, headers));
  }

  /** A page for browsers, and a problem for other clients. */
  async function notFound(c: AppContext): Promise<Response> {
    const name = isBrowser(c) ? NOT_FOUND : undefined;
    const { body, headers } = present(await sendFile(c, guideFolder, name, PAGE_HEADERS));
    return new Response(body, { status: 404, headers });
  }
}

function isBrowser(c: AppContext): boolean {
  return negotiate(c, ['application/problem+json', 'text/html']) === 'text/html';
}

function present(file: Response | undefined, detail = NO_FILE): Response {
  if (file !== undefined) return file;
  throw new Problem(404, detail);
}
