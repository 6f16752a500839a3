import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { AppContext } from '../context.js';
import { Problem } from '../problem.js';
import { route } from '../route.js';
import type { AppDependencies } from '../service.js';

/** The files of the page. */
const DocsFile = z.enum(['start.js', 'swagger-ui-bundle.js', 'swagger-ui.css']);
type DocsFile = z.infer<typeof DocsFile>;

/** The addresses are relative, so that the page works behind a prefix. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hypercolumn: the interface</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({
  url: new URL('openapi.json', document.baseURI).href,
  dom_id: '#swagger-ui',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  validatorUrl: null,
});
`;

const HEADERS = {
  // The page draws its icons from data: URLs and measures with inline styles; it contacts no other server.
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-cache',
};

const FILES: Readonly<Record<DocsFile, () => string | Promise<string>>> = {
  'start.js': () => START,
  'swagger-ui-bundle.js': () => readPackageFile('swagger-ui-dist/swagger-ui-bundle.js'),
  'swagger-ui.css': () => readPackageFile('swagger-ui-dist/swagger-ui.css'),
};

/** A page to try the interface with: Swagger UI, from this service alone. */
export function docsRoutes(deps: AppDependencies) {
  const page = route(
    deps,
    {
      method: 'GET',
      path: '/docs',
      scope: 'open',
      id: 'docs',
      tag: 'service',
      summary: 'A page to try all of this with',
      answers: { 200: { description: 'The page', content: { 'text/html': z.string() } } },
    },
    (c) => answer(c, 'html', PAGE),
  );
  const file = route(
    deps,
    {
      method: 'GET',
      path: '/docs/:file',
      params: { file: { schema: DocsFile, description: 'a file of the page' } },
      scope: 'open',
      id: 'docsFile',
      tag: 'service',
      summary: 'What that page is made of',
      answers: {
        200: {
          description: 'A file',
          content: { 'text/javascript': z.string(), 'text/css': z.string() },
        },
      },
    },
    async (c) => {
      const name = DocsFile.safeParse(c.req.param('file'));
      if (!name.success) throw new Problem(404, 'the page has no such file; it is at /docs');
      const text = await FILES[name.data]();
      return answer(c, name.data.endsWith('.css') ? 'css' : 'javascript', text);
    },
  );
  return [page, file];
}

function answer(c: AppContext, type: string, text: string): Response {
  return c.body(text, 200, { ...HEADERS, 'Content-Type': `text/${type}; charset=utf-8` });
}

/** @param name of a file in a package */
function readPackageFile(name: string): Promise<string> {
  return readFile(fileURLToPath(import.meta.resolve(name)), 'utf8');
}
