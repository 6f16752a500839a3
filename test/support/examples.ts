import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonClientPackages, testWith } from './capabilities.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const packages = pythonClientPackages();

/** Where Python finds the client and the made-up animal, from the repository's root. */
export const MODULES = ['clients/python/src', 'examples/animal'] as const;

/** A `test` for machines with the Python of the client. */
export const exampleTest = testWith(packages);

/** Where Python finds modules, whatever the working folder is. */
export const pythonPath = (...folders: readonly string[]) =>
  [...MODULES, ...folders].map((folder) => `${ROOT}${folder}`).join(delimiter);

/**
 * Runs a Python program in the repository's root; it leaves no compiled modules.
 * @param words the program and its arguments
 * @throws Error with what it wrote, where it fails
 */
export async function runExample(
  words: readonly string[],
  folders: readonly string[] = [],
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const env = { ...process.env, PYTHONPATH: pythonPath(...folders), MPLBACKEND: 'agg' };
  return await promisify(execFile)(packages.python, ['-B', '-W', 'error', ...words], {
    ...{ cwd: ROOT, env, maxBuffer: 2 ** 26 },
  });
}
