import { html, raw } from 'hono/html';
import type { Part } from './parts.js';
import { STYLE } from './style.js';

/**
 * A report as one HTML page, which needs no script and no other file.
 * @param made when, and by which version of this program: `0.1.0, 2025-01-31`
 */
export async function framePage(title: string, content: Part, made: string): Promise<string> {
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<h1>${title}</h1>
${content}
<footer>Hypercolumn ${made}</footer>
</body>
</html>
`;
  return String(page);
}
