import { existsSync } from 'node:fs';
import path from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { z } from 'zod';
import type { AppContext } from './context.js';

/** The name of a file that the build made. */
export const FileName = z.string().regex(/^[\w@-][\w@.-]{0,199}$/);

/** Without a digest in its name, a file may change with the next build. */
export const REVALIDATED = 'no-cache';
/** The name of a file changes with its content. */
export const IMMUTABLE = 'public, max-age=31536000, immutable';

/**
 * Sends a file that the build made, compressed where the build made that too and the client accepts it.
 * @param name of the file in the folder, as a client gave it
 * @param headers of the answer
 * @returns undefined where there is no such file
 */
export async function sendFile(
  c: AppContext,
  folder: string,
  name: string | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<Response | undefined> {
  const file = path.join(folder, FileName.safeParse(name).data ?? '');
  if (!FileName.safeParse(name).success || !existsSync(file)) return undefined;
  for (const [header, value] of Object.entries(headers)) c.header(header, value);
  return (await serveStatic({ path: file, precompressed: true })(c, async () => {})) ?? undefined;
}
