import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SERVE = new URL('../../dist/src/run-server.js', import.meta.url).href;
const BUNDLED = new URL('../../dist/bundled/run-server.js', import.meta.url).href;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The clients of Redis, of S3 and of OpenTelemetry; each is written as CommonJS, whose modules Node lists. */
const CLIENTS = ['bullmq', 'ioredis', '@aws-sdk/client-s3', '@opentelemetry/sdk-trace-node'];

function loadedBy(modules: readonly string[]): string[] {
  const program = `
    const { createRequire } = await import('node:module');
    for (const module of ${JSON.stringify(modules)}) await import(module);
    console.log(JSON.stringify(Object.keys(createRequire(import.meta.url).cache)));
    process.exit(0);
  `;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const files: string[] = JSON.parse(stdout);
  return CLIENTS.filter((name) => files.some((file) => file.includes(`/node_modules/${name}/`)));
}

test.each([
  ['modules', SERVE],
  ['bundle', BUNDLED],
])('the %s of the service load no client of Redis, S3 or OpenTelemetry', (_, serve) => {
  expect(loadedBy([serve])).toEqual([]);
  expect(loadedBy(CLIENTS)).toEqual(CLIENTS); // They would be seen.
});
