import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import { examplePackages, testWith } from './capabilities.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MODULES = ['clients/python/src', 'examples/animal'];
const packages = examplePackages();

/** A `test` for machines with the Python of the client, and what the examples need. */
export const exampleTest = testWith(packages);

/** Python finds the client, the made-up animal, and the modules of other folders. */
const exampleEnvironment = (folders: readonly string[] = []) => ({
  ...process.env,
  PYTHONPATH: [...MODULES, ...folders].map((folder) => `${ROOT}${folder}`).join(delimiter),
  MPLBACKEND: 'agg',
});

interface RunOptions {
  /** Folders of modules, next to those of the client and the animal. */
  readonly folders?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs a Python program in the repository's root; it leaves no compiled modules.
 * @param words the program and its arguments
 * @throws Error with what it wrote, where it fails
 */
export async function runExample(
  words: readonly string[],
  { folders, environment }: RunOptions = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const env = { ...exampleEnvironment(folders), ...environment };
  return await promisify(execFile)(packages.python, ['-B', '-W', 'error', ...words], {
    ...{ cwd: ROOT, env, maxBuffer: 2 ** 26 },
  });
}

/** Starts a Python program that goes on until the test ends. @returns when it has written `announced` */
export async function startExample(
  words: readonly string[],
  announced: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const env = { ...exampleEnvironment(), ...environment };
  const child = spawn(packages.python, ['-B', '-W', 'error', ...words], { cwd: ROOT, env });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => {
      text += part.toString();
    });
  await expect.poll(() => text).toContain(announced);
}
