import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readModel } from '../../../src/models/saved-model.js';
import { createTestApp } from '../../support/app.js';

/**
 * The public interface is compared byte for byte with a stored file, so that each change of it shows as a
 * change of that file. After an intended change, update the file:
 * `npx vitest run --update --config test/vitest.config.ts test/server/openapi/public-interface.test.ts`
 */
const KEPT = './public-interface.json';

const PATHS = [
  '/openapi.json',
  '/',
  '/v2',
  '/v2/health/live',
  '/v2/health/ready',
  '/v2/models/demo',
  '/v2/models/demo/ready',
  '/v2/models/demo/config',
  '/v2/models/demo/stats',
  '/v2/models/demo/versions/1',
  '/v2/models/stats',
  '/v2/models/absent',
];

/**
 * JSON with keys in alphabetical order, since the order in which routes are declared is not public; what
 * fits into a line stays on it.
 */
function print(value: unknown, indent = ''): string {
  const flat = JSON.stringify(value, sorted);
  if (typeof value !== 'object' || value === null || flat.length <= 120) return flat;
  const inner = `${indent} `;
  const entries = Array.isArray(value)
    ? value.map((element) => print(element, inner))
    : Object.entries(value)
        .sort(byKey)
        .map(([key, element]) => `${JSON.stringify(key)}: ${print(element, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${inner}${entries.join(`,\n${inner}`)}\n${indent}${close}`;
}

function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(byKey));
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

test('the public interface is the stored one', async () => {
  const folder = fileURLToPath(new URL('../../../models/demo/1', import.meta.url));
  const { card, digest } = await readModel(folder);
  const { app } = createTestApp({ served: [{ name: 'demo', version: 1, digest, card }] });
  const answers: Record<string, unknown> = {};
  for (const path of PATHS) {
    const answer = await app.request(path);
    answers[`GET ${path}`] = { status: answer.status, body: await answer.json() };
  }
  await expect(`${print(answers)}\n`).toMatchFileSnapshot(KEPT);
});
