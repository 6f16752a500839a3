import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { exampleTest, runExample } from '../support/examples.js';

const FOLDER = fileURLToPath(new URL('../../examples', import.meta.url));

exampleTest('the types of the examples hold', async () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.py'))
    .map((name) => `examples/${name}`);
  expect(files.length).toBeGreaterThan(4);
  // numpy's own functions give Any, and programs for rigs need modules that are not installed here.
  const options = ['--strict', '--no-warn-return-any', '--ignore-missing-imports'];
  const { stdout } = await runExample([
    ...['-m', 'mypy', '--cache-dir', '/dev/null'],
    ...options,
    ...files,
  ]);
  expect(stdout).toContain('no issues found');
});
