import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bundled } from '../src/bundled.js';

const compiled = (module: string) => new URL(`../dist/src/${module}`, import.meta.url);
const MAIN = fileURLToPath(compiled('main.js'));

test('an entry point of the bundle is loaded from there, another where it is', () => {
  const folder = new URL('../dist/bundled/', import.meta.url);
  const fileOf = (module: string) => bundled(compiled(module), folder);
  expect(fileOf('serve.js')).toBe(new URL('serve.js', folder).href);
  expect(fileOf('cli/run-program.js')).toBe(new URL('run-program.js', folder).href);
  expect(fileOf('config.js')).toBe(compiled('config.js').href);
});

test('the bundle rejects a wrong setting as the modules do', () => {
  const { status, stderr } = spawnSync(process.execPath, [MAIN], {
    encoding: 'utf8',
    env: { ...process.env, PORT: 'many' },
  });
  expect(stderr).toContain('PORT');
  expect(status).toBe(2);
});
