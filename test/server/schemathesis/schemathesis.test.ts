import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect } from 'vitest';
import { encodeNpy } from '../../../src/formats/npy.js';
import { schemathesis, testWith } from '../../support/capabilities.js';
import { SMALLEST_SIDE, saveConstantModel } from '../../support/saved-models.js';
import { type RunningService, startService } from '../../support/service.js';

const SCHEMATHESIS = schemathesis();
/** The same requests in every run. */
const SEED = '1';
/** Random requests for each operation, in addition to those for every edge of its schema. */
const EXAMPLES = '15';
/** The same as the timeout in the configuration. */
const SECONDS_FOR_AN_ANSWER = '60';
const MAX_MILLISECONDS = 900_000;

let folder = '';
let service: RunningService;
beforeAll(async () => {
  if (SCHEMATHESIS.missing !== null) return;
  folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-schemathesis-'));
  await saveConstantModel(folder, 'asked');
  await saveConstantModel(folder, 'other');
  service = await startService({ MODELS_DIR: folder, DATA_DIR: path.join(folder, 'data') });
});
afterAll(async () => {
  if (SCHEMATHESIS.missing !== null) return;
  await service.kill();
  // A process that runs jobs ends when it finds that the service is gone, and writes until then.
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
});

/** Stores a set and starts a job, so that requests find something. */
async function prepare(): Promise<Record<string, string>> {
  const pixels = new Float32Array(2 * SMALLEST_SIDE ** 2).fill(0.5);
  const body = new Uint8Array(encodeNpy(pixels, [2, SMALLEST_SIDE, SMALLEST_SIDE]));
  const set = await fetch(`${service.url}/v1/stimulus-sets`, { method: 'PUT', body });
  const job = await fetch(`${service.url}/v1/models/asked/preferred-stimulus`, {
    method: 'POST',
    body: JSON.stringify({ steps: 1 }),
  });
  const { digest } = (await set.json()) as { digest: string };
  const { id } = (await job.json()) as { id: string };
  await (await fetch(`${service.url}/v1/jobs/${id}/events`)).text();
  return { STIMULUS_SET: digest, JOB: id };
}

testWith(SCHEMATHESIS)(
  'schemathesis finds no answer that is not as the OpenAPI document says',
  async () => {
    const here = fileURLToPath(new URL('.', import.meta.url));
    const config = path.join(here, 'schemathesis.toml');
    const child = spawn(
      SCHEMATHESIS.python,
      [
        ...['-m', 'schemathesis.cli', '--config-file', config, 'run'],
        `${service.url}/openapi.json`,
        ...['--checks', 'all', '--continue-on-failure', '--no-color'],
        // A busy machine responds late, and this check cannot be disabled.
        ...['--max-response-time', SECONDS_FOR_AN_ANSWER],
        ...['--seed', SEED, '--max-examples', EXAMPLES, '--generation-database', 'none'],
      ],
      {
        cwd: folder,
        env: { ...process.env, ...(await prepare()), PYTHONPATH: here, SIDE: `${SMALLEST_SIDE}` },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    expect(code, output).toBe(0);
    expect(output).toMatch(/Tested: \d+/);
    expect(service.child.exitCode).toBeNull();
  },
  MAX_MILLISECONDS,
);
