import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect } from 'vitest';
import { isTemporary } from '../../src/files/whole-file.js';
import { encodeNpy } from '../../src/formats/npy.js';
import { testWith } from '../support/capabilities.js';
import { SMALLEST_SIDE, saveConstantModel } from '../support/saved-models.js';
import { type RunningService, startService } from '../support/service.js';
import { mounting, mountSmallDisk } from '../support/small-disk.js';
import { temporaryFolder } from '../support/store.js';
import { detailOf } from '../support/stored-sets.js';

const test = testWith(mounting());

let service: RunningService | undefined;
afterEach(() => service?.child.kill('SIGKILL'));

async function start(data: string): Promise<RunningService> {
  const models = await temporaryFolder();
  await saveConstantModel(models, 'constant');
  service = await startService({ MODELS_DIR: models, DATA_DIR: data, GRACE_SECONDS: '0' });
  return service;
}

const LONG = { restarts: 16, steps: 2000 };
const SHORT = { neurons: [0], restarts: 1, steps: 1 };

function pixels(): Uint8Array<ArrayBuffer> {
  const one = new Float32Array(SMALLEST_SIDE ** 2).fill(0.5);
  return new Uint8Array(encodeNpy(one, [1, SMALLEST_SIDE, SMALLEST_SIDE]));
}
const upload = (url: string) => fetch(`${url}/v1/stimulus-sets`, { method: 'PUT', body: pixels() });
const predict = (url: string) =>
  fetch(`${url}/v1/models/constant/responses`, { method: 'POST', body: pixels() });
const post = (url: string, body: object = SHORT) =>
  fetch(`${url}/v1/models/constant/preferred-stimulus`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
  });
const ofJobs = async (url: string, place = '') =>
  (await (await fetch(`${url}/v1/jobs${place}`)).json()) as object;

/** The states of the jobs on the disk; null while a record is being replaced. */
function savedStates(data: string): string[] | null {
  const jobs = path.join(data, 'jobs');
  const names = readdirSync(jobs);
  if (names.some(isTemporary)) return null;
  const records = names.filter((name) => name.endsWith('.json'));
  return records.map((name) => JSON.parse(readFileSync(path.join(jobs, name), 'utf8')).state);
}

async function restart({ kill }: RunningService, data: string): Promise<RunningService> {
  await kill();
  return start(data);
}

test('a full disk gives 507 with the reason, and each job is the same before and after a restart', async () => {
  const disk = await mountSmallDisk();
  const running = await start(disk.folder);
  const { url } = running;
  const { digest } = (await (await upload(url)).json()) as { digest: string };
  const place = (await post(url, LONG)).headers.get('Location')!;
  // The record is written a second time when the job begins. Replacing the first record frees its block.
  await expect.poll(() => savedStates(disk.folder)).toEqual(['running']);
  disk.fill();
  const full = 'the disk of DATA_DIR is full (ENOSPC); free some space there, then send it again';
  expect(await detailOf(upload(url))).toBe(`507 the stimulus set cannot be stored: ${full}`);
  expect(await detailOf(post(url))).toBe(`507 the job cannot be saved: ${full}`);
  expect((await predict(url)).status).toBe(200);
  expect(running.stderr()).not.toContain('"msg":"bug"');
  const cancelled = (await (await fetch(url + place, { method: 'DELETE' })).json()) as object;
  expect(cancelled).toMatchObject({ state: 'cancelled', reason: 'it was cancelled' });
  const stories = await ofJobs(url);

  disk.fill(); // the job that ended has given its reserve back
  const again = await restart(running, disk.folder);
  expect(again.stdout()).toContain('nothing can be added: the disk of DATA_DIR is full (ENOSPC)');
  expect(await ofJobs(again.url)).toEqual(stories);
  expect((await fetch(`${again.url}/v1/stimulus-sets/${digest}`)).status).toBe(200);
  expect((await fetch(again.url + place, { method: 'DELETE' })).status).toBe(204);
  disk.free();
  expect((await upload(again.url)).status).toBe(200);
  expect((await post(again.url)).status).toBe(202);
});

test('a disk that becomes read-only or disappears gives 503 with the reason, and predictions continue', async () => {
  const disk = await mountSmallDisk();
  const running = await start(disk.folder);
  const { url } = running;
  await upload(url);
  const place = (await post(url, LONG)).headers.get('Location')!;
  disk.remount('ro');
  const readOnly = 'the disk of DATA_DIR is read-only (EROFS); mend that, then send it again';
  expect(await detailOf(upload(url))).toBe(`503 the stimulus set cannot be stored: ${readOnly}`);
  expect(await detailOf(post(url))).toBe(`503 the job cannot be saved: ${readOnly}`);
  expect(await (await fetch(url + place, { method: 'DELETE' })).json()).toMatchObject({
    state: 'interrupted',
    reason: 'it was cancelled; this end cannot be saved: the disk of DATA_DIR is read-only (EROFS)',
  });
  expect(await detailOf(fetch(url + place, { method: 'DELETE' }))).toBe(
    `503 the job cannot be deleted: ${readOnly}`,
  );
  expect((await predict(url)).status).toBe(200);
  disk.remount('rw');
  const again = await restart(running, disk.folder);
  expect(await ofJobs(again.url)).toMatchObject({ jobs: [{ state: 'interrupted' }] });

  for (const folder of ['stimulus-sets', 'responses', 'jobs']) {
    rmSync(path.join(disk.folder, folder), { recursive: true });
  }
  const gone = 'a file or folder of DATA_DIR is gone (ENOENT); mend that, then send it again';
  expect(await detailOf(upload(again.url))).toBe(`503 the stimulus set cannot be stored: ${gone}`);
  expect(await detailOf(fetch(`${again.url}/v1/stimulus-sets`))).toBe(
    `503 the stimulus sets cannot be listed: ${gone}`,
  );
  expect(await detailOf(post(again.url))).toBe(`503 the job cannot be saved: ${gone}`);
  expect((await predict(again.url)).status).toBe(200);
  for (const { stderr } of [running, again]) expect(stderr()).not.toContain('"msg":"bug"');
});

test('with a file in place of the jobs folder there are no jobs but everything else is served', async () => {
  const data = await temporaryFolder();
  mkdirSync(path.join(data, 'stimulus-sets'));
  writeFileSync(path.join(data, 'jobs'), '');
  const { url } = await start(data);
  expect(await detailOf(fetch(`${url}/v1/jobs`))).toBe(
    '503 no job can be kept: a folder of DATA_DIR is not a folder (ENOTDIR)',
  );
  expect((await upload(url)).status).toBe(201);
  expect((await predict(url)).status).toBe(200);
});
