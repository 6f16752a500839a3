import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import {
  InputError,
  JobsClosedError,
  JobsFullError,
  ResultDamagedError,
} from '../../src/errors.js';
import type { Jobs } from '../../src/jobs/jobs.js';
import { file, heldWork, MODEL, openTestJobs } from '../support/jobs.js';

/** Resolves once a job is in a state. */
function reached(jobs: Jobs, id: string, state: string): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (jobs.find(id)?.state !== state) return;
      stop();
      resolve();
    };
    const stop = jobs.watch(id, look);
    look();
  });
}

test('a job is queued, runs, and has a result that survives a restart', async () => {
  const { jobs, folder, time } = await openTestJobs();
  const { work, started, finish, progress, seen } = heldWork('mapping');
  const { id } = await jobs.submit(work);
  await started;
  expect(jobs.find(id)).toMatchObject({
    state: 'running',
    progress: { done: 0, total: 0, secondsLeft: null },
  });
  time.now += 3000;
  progress.report(1, 4);
  expect(jobs.find(id)?.progress).toEqual({ done: 1, total: 4, secondsLeft: 9 });
  finish([file('neurons.json', '{}'), file('map.csv', 'a,b')]);
  await reached(jobs, id, 'succeeded');
  const view = jobs.find(id)!;
  expect(view).toMatchObject({
    kind: 'mapping',
    model: MODEL,
    created: '2026-01-01T00:00:00.000Z',
    ended: '2026-01-01T00:00:03.000Z',
    progress: { done: 1, total: 4, secondsLeft: null },
    reason: null,
    result: [{ name: 'neurons.json', bytes: 2 }, { name: 'map.csv' }],
  });
  await vi.waitFor(() => expect(seen.releases).toBe(1));
  const again = (await openTestJobs({ folder })).jobs;
  expect(again.list()).toEqual([view]);
  expect(Buffer.from(await again.readPart(id, view.result[1]!)).toString()).toBe('a,b');
});

test('one job runs at a time, the others wait, and the newest is listed first', async () => {
  const { jobs, time } = await openTestJobs();
  const works = [heldWork('a'), heldWork('b'), heldWork('c')] as const;
  const ids: string[] = [];
  for (const { work } of works) {
    time.now += 1;
    ids.push((await jobs.submit(work)).id);
  }
  expect(jobs.list().map(({ kind, state }) => [kind, state])).toEqual([
    ['c', 'queued'],
    ['b', 'queued'],
    ['a', 'running'],
  ]);
  expect(await jobs.cancel(ids[1]!)).toBe(true);
  expect(works[1].seen).toEqual({ releases: 1 });
  works[0].finish([file('a.json', '1')]);
  await works[2].started;
  expect(jobs.counts()).toMatchObject({ succeeded: 1, cancelled: 1, running: 1, queued: 0 });
});

test('as many jobs run concurrently as configured', async () => {
  const { jobs } = await openTestJobs({ concurrency: 2 });
  const works = [heldWork(), heldWork(), heldWork()];
  for (const { work } of works) await jobs.submit(work);
  expect(jobs.counts()).toMatchObject({ running: 2, queued: 1 });
});

test('a cancelled job ends immediately, and its late result is discarded', async () => {
  const { jobs, folder } = await openTestJobs();
  const { work, started, finish, seen, progress } = heldWork();
  const next = heldWork();
  const { id } = await jobs.submit(work);
  await started;
  await jobs.submit(next.work);
  expect(await jobs.cancel(id)).toBe(true);
  expect(jobs.find(id)).toMatchObject({ state: 'cancelled', reason: 'it was cancelled' });
  expect([seen.signal?.aborted, seen.releases]).toEqual([true, 0]);
  progress.report(1, 1);
  expect(jobs.find(id)?.progress.done).toBe(0);
  finish([file('late.json', '1')]);
  await next.started;
  expect(seen.releases).toBe(1);
  expect(jobs.find(id)).toMatchObject({ state: 'cancelled', result: [] });
  expect(await jobs.cancel(id)).toBe(false);
  expect(readdirSync(folder)).not.toContain(id);
});

test('the reason of a failed job is recorded, a bug only as such', async () => {
  const { jobs, folder, log } = await openTestJobs();
  const [bad, bug] = [heldWork(), heldWork()];
  const first = await jobs.submit(bad.work);
  const second = await jobs.submit(bug.work);
  bad.fail(new InputError('neuron 3 is dead'));
  await reached(jobs, first.id, 'failed');
  await bug.started;
  bug.fail(new Error('secret'));
  await reached(jobs, second.id, 'failed');
  expect(jobs.find(first.id)?.reason).toBe('neuron 3 is dead');
  expect(jobs.find(second.id)?.reason).toBe(
    "an error in the service; its log has it under the job's id",
  );
  expect(log).toMatchObject([
    { job: first.id, msg: 'a job failed', reason: 'neuron 3 is dead' },
    { job: second.id, msg: 'unhandled error', err: { message: 'secret' } },
  ]);
  await jobs.close();
  expect((await openTestJobs({ folder })).jobs.list()).toHaveLength(2);
});

test('waiting and stored jobs are limited, and concurrent requests count', async () => {
  const { jobs } = await openTestJobs({ maxWaiting: 2, maxStored: 4 });
  const works = Array.from({ length: 8 }, () => heldWork());
  const outcomes = await Promise.allSettled(works.map(({ work }) => jobs.submit(work)));
  const rejected = outcomes
    .filter((each) => each.status === 'rejected')
    .map(({ reason }) => reason);
  expect(rejected).toHaveLength(6);
  for (const error of rejected) expect(error).toBeInstanceOf(JobsFullError);
  expect(works.filter(({ seen }) => seen.releases === 1)).toHaveLength(6);
  await jobs.submit(heldWork().work);
  await expect(jobs.submit(heldWork().work)).rejects.toMatchObject({ status: 429 });
  const [oldest] = jobs.list().toReversed();
  for (const { id } of jobs.list()) await jobs.cancel(id);
  await jobs.submit(heldWork().work);
  await expect(jobs.submit(heldWork().work)).rejects.toMatchObject({ status: 507 });
  expect(await jobs.remove(oldest!.id)).toBe(true);
  await jobs.submit(heldWork().work);
});

test('a finished job is deleted with its result, an unfinished one is not', async () => {
  const { jobs, folder } = await openTestJobs();
  const { work, finish } = heldWork();
  const { id } = await jobs.submit(work);
  expect(await jobs.remove(id)).toBe(false);
  finish([file('a.json', '1')]);
  await reached(jobs, id, 'succeeded');
  expect(readdirSync(folder).sort()).toEqual([id, `${id}.json`]);
  expect(await jobs.remove(id)).toBe(true);
  expect([jobs.find(id), jobs.list(), readdirSync(folder)]).toEqual([undefined, [], []]);
  expect(await jobs.remove(id)).toBe(false);
});

test('closing interrupts unfinished jobs, even work that ignores it, and rejects new ones', async () => {
  const { jobs, folder } = await openTestJobs();
  const [running, waiting] = [heldWork(), heldWork()];
  await jobs.submit(running.work);
  await jobs.submit(waiting.work);
  await jobs.close();
  expect(jobs.counts()).toMatchObject({ interrupted: 2 });
  expect(waiting.seen.releases).toBe(1);
  await expect(jobs.submit(heldWork().work)).rejects.toBeInstanceOf(JobsClosedError);
  const { jobs: again } = await openTestJobs({ folder });
  expect(again.list().map(({ state }) => state)).toEqual(['interrupted', 'interrupted']);
});

test('a job whose process was killed is interrupted after the restart', async () => {
  const { folder } = await openTestJobs();
  const built = new URL('../../dist/src/jobs/jobs.js', import.meta.url);
  const program = `
    import { openJobs } from ${JSON.stringify(fileURLToPath(built))};
    const logger = { error: console.error, warn: console.error };
    const options = { maxStored: 9, maxWaiting: 9, concurrency: 1, now: Date.now, clock: Date.now, explain: String };
    const jobs = await openJobs({ folder: ${JSON.stringify(folder)}, logger, ...options });
    const model = ${JSON.stringify(MODEL)};
    const files = [{ name: 'a.json', bytes: Buffer.from('1') }];
    const order = (kind) => ({ kind, model, request: {}, stimulusSets: [], askedBy: null });
    const done = { order: order('done'), run: async () => files, release() {} };
    const { id } = await jobs.submit(done);
    while (jobs.find(id).state !== 'succeeded') await new Promise(setImmediate);
    const run = () => new Promise(() => { setInterval(() => {}, 1000); console.log('running'); });
    await jobs.submit({ order: order('endless'), run, release() {} });
    await jobs.submit({ order: order('waiting'), run, release() {} });
    console.log('waiting');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
    if (output.includes('running') && output.includes('waiting')) child.kill('SIGKILL');
  });
  expect((await once(child, 'close'))[1]).toBe('SIGKILL');
  const { jobs } = await openTestJobs({ folder });
  expect(Object.fromEntries(jobs.list().map(({ kind, state }) => [kind, state]))).toEqual({
    done: 'succeeded',
    endless: 'interrupted',
    waiting: 'interrupted',
  });
  expect(jobs.list().find(({ kind }) => kind === 'endless')?.reason).toContain('post it again');
});

test('a result that is corrupted on the disk is rejected', async () => {
  const { jobs, folder } = await openTestJobs();
  const { work, finish } = heldWork();
  const { id } = await jobs.submit(work);
  finish([file('a.json', '1')]);
  await reached(jobs, id, 'succeeded');
  const [part] = jobs.find(id)!.result;
  await writeFile(path.join(folder, id, 'a.json'), '2');
  await expect(jobs.readPart(id, part!)).rejects.toBeInstanceOf(ResultDamagedError);
});

test('a result file whose name could lead elsewhere is a bug, and nothing is written', async () => {
  const { jobs, folder } = await openTestJobs();
  const { work, finish } = heldWork();
  const { id } = await jobs.submit(work);
  finish([file('../x.json', '1')]);
  await reached(jobs, id, 'failed');
  await vi.waitFor(() => expect(readdirSync(folder)).toEqual([`${id}.json`]));
  expect(readFileSync(path.join(folder, `${id}.json`), 'utf8')).toContain('"failed"');
});

test('the time left does not depend on the date when the clock is set back', async () => {
  const clock = { now: 0 };
  const { jobs, time } = await openTestJobs({ clock: () => clock.now });
  const { work, started, progress } = heldWork();
  const { id } = await jobs.submit(work);
  await started;
  clock.now += 10_000;
  time.now -= 3_600_000;
  progress.report(1, 3);
  expect(jobs.find(id)?.progress.secondsLeft).toBe(20);
});
