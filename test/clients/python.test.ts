import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { pythonClientPackages, testWith } from '../support/capabilities.js';

const FOLDER = fileURLToPath(new URL('../../clients/python', import.meta.url));
const packages = pythonClientPackages();
const test = testWith(packages);

/** Runs a module of Python in the folder of the client, whose code it finds there. */
function run(module: string, ...words: readonly string[]) {
  const args = ['-B', '-m', module, ...words];
  const env = { ...process.env, PYTHONPATH: 'src', MPLBACKEND: 'agg' };
  return spawnSync(packages.python, args, { cwd: FOLDER, env, encoding: 'utf8' });
}

test('the Python client gets from a service what it says it gets', () => {
  const { stdout, status } = run('pytest', '-q', '-W', 'error', '-p', 'no:cacheprovider');
  expect(stdout).toMatch(/\d+ passed/);
  expect(status, stdout).toBe(0);
});

test('the types of the Python client hold', () => {
  const { stdout, status } = run('mypy', '--cache-dir', '/dev/null');
  expect(status, stdout).toBe(0);
});
