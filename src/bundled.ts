import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Names the file of `deploy/bundle.mjs` that does the same as a compiled module, and loads in half the time. A process
 * loads the one or the other: their classes of errors differ.
 * @param module the URL of an entry point of that bundle
 * @returns the URL to import; the module's own where nothing is bundled
 */
export function bundled(module: URL, folder = new URL('../bundled/', import.meta.url)): string {
  const file = new URL(path.basename(module.pathname), folder);
  return existsSync(fileURLToPath(file)) ? file.href : module.href;
}
