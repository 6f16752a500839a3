import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { isTemporary } from '../../src/files/whole-file.js';
import { testWith } from '../support/capabilities.js';
import type { RunningService } from '../support/service.js';
import { mounting, mountSmallDisk } from '../support/small-disk.js';
import { temporaryFolder } from '../support/store.js';
import { detailOf } from '../support/stored-sets.js';
import { GRAY_NPY, requestResponses, startTestService } from '../support/test-service.js';

const test = testWith(mounting());

const LONG = { restarts: 16, steps: 2000 };
const SHORT = { neurons: [0], restarts: 1, steps: 1 };

const upload = (url: string) => fetch(`${url}/v1/stimulus-sets`, { method: 'PUT', body: GRAY_NPY });
const post = (url: string, body: object = SHORT) =>
  fetch(`${url}/v1/models/constant/preferred-stimulus`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
  });
const readJobs = async (url: string, place = '') =>
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
  return startTestService({ DATA_DIR: data });
}

test('a full disk gives 507 with the reason, and each job is the same before and after a restart', async () => {
  const disk = await mountSmallDisk();
  const running = await startTestService({ DATA_DIR: disk.folder });
  const { url } = running;
  const { digest } = (await (await upload(url)).json()) as { digest: string };
  const place = (await post(url, LONG)).headers.get('Location')!;
  // The record is written a second time when the job begins. Replacing the first record frees its block.
  await expect.poll(() => savedStates(disk.folder)).toEqual(['running']);
  disk.fill();
  const full = 'the disk of DATA_DIR is full (ENOSPC); free some space there, then send it again';
  expect(await detailOf(upload(url))).toBe(`507 the stimulus set cannot be stored: ${full}`);
  expect(await detailOf(post(url))).toBe(`507 the job cannot be saved: ${full}`);
  expect((await requestResponses(url)).status).toBe(200);
  expect(running.stderr()).not.toContain('"msg":"bug"');
  const cancelled = (await (await fetch(url + place, { method: 'DELETE' })).json()) as object;
  expect(cancelled).toMatchObject({ state: 'cancelled', reason: 'it was cancelled' });
  const jobs = await readJobs(url);

  disk.fill(); // The job that ended has released its reserve.
  const again = await restart(running, disk.folder);
  expect(again.stdout()).toContain('nothing can be added: the disk of DATA_DIR is full (ENOSPC)');
  expect(await readJobs(again.url)).toEqual(jobs);
  expect((await fetch(`${again.url}/v1/stimulus-sets/${digest}`)).status).toBe(200);
  expect((await fetch(again.url + place, { method: 'DELETE' })).status).toBe(204);
  disk.free();
  expect((await upload(again.url)).status).toBe(200);
  expect((await post(again.url)).status).toBe(202);
});

test('a disk that becomes read-only or disappears gives 503 with the reason, and predictions continue', async () => {
  const disk = await mountSmallDisk();
  const running = await startTestService({ DATA_DIR: disk.folder });
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
  expect((await requestResponses(url)).status).toBe(200);
  disk.remount('rw');
  const again = await restart(running, disk.folder);
  // The disk has never seen the end, so the job is continued.
  expect(await readJobs(again.url)).toMatchObject({ jobs: [{ state: 'running' }] });

  for (const folder of ['stimulus-sets', 'responses', 'jobs']) {
    rmSync(path.join(disk.folder, folder), { recursive: true });
  }
  const gone = 'a file or folder of DATA_DIR is gone (ENOENT); mend that, then send it again';
  expect(await detailOf(upload(again.url))).toBe(`503 the stimulus set cannot be stored: ${gone}`);
  expect(await detailOf(fetch(`${again.url}/v1/stimulus-sets`))).toBe(
    `503 the stimulus sets cannot be listed: ${gone}`,
  );
  expect(await detailOf(post(again.url))).toBe(`503 the job cannot be saved: ${gone}`);
  expect((await requestResponses(again.url)).status).toBe(200);
  for (const { stderr } of [running, again]) expect(stderr()).not.toContain('"msg":"bug"');
});

test('with a file in place of the jobs folder there are no jobs but everything else is served', async () => {
  const data = await temporaryFolder();
  mkdirSync(path.join(data, 'stimulus-sets'));
  writeFileSync(path.join(data, 'jobs'), '');
  const { url } = await startTestService({ DATA_DIR: data });
  expect(await detailOf(fetch(`${url}/v1/jobs`))).toBe(
    '503 no job can be kept: a folder of DATA_DIR is not a folder (ENOTDIR)',
  );
  expect((await upload(url)).status).toBe(201);
  expect((await requestResponses(url)).status).toBe(200);
});
