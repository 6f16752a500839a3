import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { SMALLEST_SIDE as SIDE } from '../support/saved-models.js';
import { temporaryFolder } from '../support/store.js';
import { startTestService } from '../support/test-service.js';

/** `count` stimuli of one gray level each, different for each `first`. */
function upload(url: string, count: number, first: number): Promise<Response> {
  const pixels = Float32Array.from({ length: count * SIDE ** 2 }, (_, i) => (first + i / 1e7) % 1);
  const body = new Uint8Array(encodeNpy(pixels, [count, SIDE, SIDE]));
  return fetch(`${url}/v1/stimulus-sets`, { method: 'PUT', body });
}

function send(url: string, digest: string): Promise<Response> {
  const body = JSON.stringify({ stimulusSet: digest });
  const headers = { 'Content-Type': 'application/json' };
  return fetch(`${url}/v1/models/constant/responses`, { method: 'POST', body, headers });
}

async function digestsIn(url: string): Promise<string[]> {
  const list = (await (await fetch(`${url}/v1/stimulus-sets`)).json()) as {
    stimulusSets: { digest: string }[];
  };
  return list.stimulusSets.map(({ digest }) => digest);
}

test('sets and cached responses are available after a restart', async () => {
  const DATA_DIR = await temporaryFolder();
  const { url, child, ended, stdout } = await startTestService({ DATA_DIR });
  expect(stdout()).toContain(`sets    kept in ${DATA_DIR}`);
  const { digest } = (await (await upload(url, 2, 0)).json()) as { digest: string };
  expect(await (await send(url, digest)).json()).toMatchObject({ cache: 'miss' });
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  const again = await startTestService({ DATA_DIR });
  expect(await (await send(again.url, digest)).json()).toMatchObject({
    cache: 'hit',
    responses: [
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ],
  });
});

test('after kill -9 during an upload every listed set is complete', async () => {
  const DATA_DIR = await temporaryFolder();
  const { url, child, ended } = await startTestService({ DATA_DIR });
  const { digest } = (await (await upload(url, 10, 0)).json()) as { digest: string };
  const sets = path.join(DATA_DIR, 'stimulus-sets');
  const large = upload(url, 10_000, 0.5).catch(() => 'cut off');
  while (readdirSync(sets).length < 2) await new Promise(setImmediate);
  child.kill('SIGKILL');
  await Promise.all([ended, large]);
  const again = await startTestService({ DATA_DIR });
  const digests = await digestsIn(again.url);
  expect(digests).toContain(digest);
  for (const each of digests) {
    expect((await fetch(`${again.url}/v1/stimulus-sets/${each}`)).status).toBe(200);
  }
});

test('an upload that is cut off by the disk leaves nothing behind', async () => {
  const DATA_DIR = await temporaryFolder();
  const { url, child } = await startTestService({ DATA_DIR });
  const limit = spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=500000']);
  expect(limit.status).toBe(0);
  const cutOff = await upload(url, 500, 0);
  expect(cutOff.status).toBe(507);
  expect(await digestsIn(url)).toEqual([]);
  expect(readdirSync(path.join(DATA_DIR, 'stimulus-sets'))).toEqual([]);
  expect((await upload(url, 400, 0)).status).toBe(201);
});

test('a read-only folder is reported at the start, and models are served', async () => {
  const { url, stdout, stderr } = await startTestService({ DATA_DIR: '/dev/null' });
  expect(stdout()).toContain(
    'sets    none: DATA_DIR="/dev/null" cannot be used (ENOTDIR); mend that, then restart the service\n',
  );
  expect(stderr()).toContain('"level":40');
  expect((await upload(url, 1, 0)).status).toBe(503);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});
