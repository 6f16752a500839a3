import { readdirSync } from 'node:fs';
import { expect, vi } from 'vitest';
import { DiskError } from '../../src/errors.js';
import { testWith } from '../support/capabilities.js';
import { file, heldWork, openTestJobs } from '../support/jobs.js';
import { mounting, mountSmallDisk } from '../support/small-disk.js';

const test = testWith(mounting());

/** Jobs on a small disk, one of them running. */
async function runningJob(
  options: Parameters<typeof openTestJobs>[0] = {},
  request: Record<string, unknown> = {},
) {
  const disk = await mountSmallDisk();
  const opened = await openTestJobs({ folder: disk.folder, ...options });
  const held = heldWork('held', request);
  const { id } = await opened.jobs.submit(held.order);
  await held.started;
  await vi.waitFor(() => expect(readdirSync(disk.folder)).toContain(`${id}.reserve`));
  const restarted = async () =>
    (await (await openTestJobs({ folder: disk.folder })).jobs.find(id)) ?? 'not there';
  return { ...opened, ...held, disk, id, restarted };
}

test('on a full disk a job is rejected and leaves nothing behind', async () => {
  const { jobs, disk, id } = await runningJob();
  disk.fill();
  const { order } = heldWork();
  await expect(jobs.submit(order)).rejects.toMatchObject({
    status: 507,
    message:
      'the job cannot be saved: the disk of DATA_DIR is full (ENOSPC); free some space there, ' +
      'then send it again',
  });
  expect((await jobs.list()).map((job) => job.id)).toEqual([id]);
  expect(readdirSync(disk.folder).sort()).toEqual([`${id}.json`, `${id}.reserve`, 'filling']);
});

test('a result that does not fit on the disk fails the job, before and after a restart', async () => {
  const { jobs, disk, id, finish, restarted } = await runningJob();
  disk.fill();
  finish([file('a.json', '1'.repeat(10_000))]);
  await vi.waitFor(async () => expect((await jobs.find(id))?.state).toBe('failed'));
  const view = (await jobs.find(id))!;
  expect(view.reason).toBe(
    'the result cannot be saved: the disk of DATA_DIR is full (ENOSPC); free some space there, ' +
      'then send it again',
  );
  await vi.waitFor(() =>
    expect(readdirSync(disk.folder).sort()).toEqual([`${id}.json`, 'filling']),
  );
  expect(await restarted()).toEqual(view);
});

test('a job that is cancelled on a full disk stays cancelled after a restart', async () => {
  const { jobs, disk, id, restarted } = await runningJob();
  disk.fill();
  expect(await jobs.cancel(id)).toBe(true);
  expect(await jobs.find(id)).toMatchObject({ state: 'cancelled', reason: 'it was cancelled' });
  expect(await restarted()).toEqual(await jobs.find(id));
});

test('a job with a long request that is cancelled on a full disk stays cancelled after a restart', async () => {
  const neurons = Array.from({ length: 5000 }, (_, id) => id);
  const { jobs, disk, id, restarted } = await runningJob({}, { neurons });
  disk.fill();
  expect(await jobs.cancel(id)).toBe(true);
  expect(await jobs.find(id)).toMatchObject({ state: 'cancelled', reason: 'it was cancelled' });
  expect(await restarted()).toEqual(await jobs.find(id));
});

test('a service that is killed and restarts on a full disk continues the jobs that ran', async () => {
  const { disk, id, restarted } = await runningJob();
  disk.fill();
  expect(await restarted()).toMatchObject({ id, state: 'running' });
});

test('on a read-only disk new jobs are rejected, and running ones are interrupted with the reason', async () => {
  const { jobs, disk, id, log, restarted } = await runningJob({ retryMs: 1e9 });
  disk.remount('ro');
  const refused = jobs.submit(heldWork().order);
  await expect(refused).rejects.toBeInstanceOf(DiskError);
  await expect(refused).rejects.toMatchObject({
    status: 503,
    message:
      'the job cannot be saved: the disk of DATA_DIR is read-only (EROFS); mend that, then send ' +
      'it again',
  });
  expect(await jobs.cancel(id)).toBe(true);
  expect(await jobs.find(id)).toMatchObject({
    state: 'interrupted',
    reason: 'it was cancelled; this end cannot be saved: the disk of DATA_DIR is read-only (EROFS)',
  });
  expect(log.at(-1)).toMatchObject({ job: id, msg: 'how a job ended cannot be saved yet' });
  await expect(jobs.remove(id)).rejects.toThrow('the job cannot be deleted: ');
  // The disk has never seen the end.
  expect(await restarted()).toMatchObject({ state: 'running' });
  disk.remount('rw');
  expect(await restarted()).toMatchObject({ state: 'running' });
});

test('the end of a job is saved as soon as there is room on the disk', async () => {
  const { jobs, disk, id, finish, log, restarted } = await runningJob({ retryMs: 1 });
  disk.remount('ro');
  finish([file('a.json', '1')]);
  await vi.waitFor(async () => expect((await jobs.find(id))?.state).toBe('interrupted'));
  expect((await jobs.find(id))?.reason).toBe(
    'the result cannot be saved: the disk of DATA_DIR is read-only (EROFS); mend that, then send ' +
      'it again; this end cannot be saved: the disk of DATA_DIR is read-only (EROFS)',
  );
  disk.remount('rw');
  await vi.waitFor(() =>
    expect(log.at(-1)).toMatchObject({ job: id, msg: 'how a job ended is saved now' }),
  );
  expect(await restarted()).toEqual(await jobs.find(id));
  expect(readdirSync(disk.folder)).toEqual([`${id}.json`]);
});
