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
import { writeResult } from '../../src/jobs/job-files.js';
import type { Jobs } from '../../src/jobs/jobs.js';
import { countStates } from '../../src/jobs/record.js';
import { file, heldWork, MODEL, openTestJobs } from '../support/jobs.js';

/** Resolves once a job is in a state. */
function reached(jobs: Jobs, id: string, state: string): Promise<void> {
  return new Promise((resolve) => {
    const look = async () => {
      if ((await jobs.find(id))?.state !== state) return;
      stop();
      resolve();
    };
    const stop = jobs.watch(id, () => void look());
    void look();
  });
}

test('a job is queued, runs, and has a result that survives a restart', async () => {
  const { jobs, folder, time } = await openTestJobs();
  const { order, started, finish, progress } = heldWork('mapping');
  const { id } = await jobs.submit(order);
  await started;
  expect(await jobs.find(id)).toMatchObject({
    state: 'running',
    progress: { done: 0, total: 0, secondsLeft: null },
  });
  time.now += 3000;
  progress.report({ done: 1, total: 4 });
  expect((await jobs.find(id))?.progress).toEqual({ done: 1, total: 4, secondsLeft: 9 });
  finish([file('neurons.json', '{}'), file('map.csv', 'a,b')]);
  await reached(jobs, id, 'succeeded');
  const view = (await jobs.find(id))!;
  expect(view).toMatchObject({
    kind: 'mapping',
    model: MODEL,
    created: '2026-01-01T00:00:00.000Z',
    ended: '2026-01-01T00:00:03.000Z',
    progress: { done: 1, total: 4, secondsLeft: null },
    reason: null,
    result: [{ name: 'neurons.json', bytes: 2 }, { name: 'map.csv' }],
  });
  const again = (await openTestJobs({ folder })).jobs;
  expect(await again.list()).toEqual([view]);
  expect(Buffer.from(await again.readPart(id, view.result[1]!)).toString()).toBe('a,b');
});

test('one job runs at a time, the others wait, and the newest is listed first', async () => {
  const { jobs, time } = await openTestJobs();
  const works = [heldWork('a'), heldWork('b'), heldWork('c')] as const;
  const ids: string[] = [];
  for (const { order } of works) {
    time.now += 1;
    ids.push((await jobs.submit(order)).id);
  }
  expect((await jobs.list()).map(({ kind, state }) => [kind, state])).toEqual([
    ['c', 'queued'],
    ['b', 'queued'],
    ['a', 'running'],
  ]);
  expect(await jobs.cancel(ids[1]!)).toBe(true);
  expect(works[1].seen).toEqual({});
  works[0].finish([file('a.json', '1')]);
  await works[2].started;
  expect(countStates(await jobs.list())).toMatchObject({
    succeeded: 1,
    cancelled: 1,
    running: 1,
    queued: 0,
  });
});

test('waiting jobs run by priority, then by age, also after a restart', async () => {
  const { jobs, folder, time } = await openTestJobs();
  const blocking = heldWork();
  await jobs.submit(blocking.order);
  await blocking.started;
  for (const [kind, priority] of [
    ['first', 'low'],
    ['second', 'normal'],
    ['third', 'high'],
    ['fourth', 'high'],
  ] as const) {
    time.now += 1;
    await jobs.submit(heldWork(kind).order, priority);
  }
  await jobs.close();
  const ran: string[] = [];
  const { jobs: again } = await openTestJobs({
    folder,
    async run({ id, order }) {
      ran.push(order.kind);
      return writeResult(folder, id, [file('a.json', '1')]);
    },
  });
  await vi.waitFor(async () => expect(countStates(await again.list()).succeeded).toBe(5));
  expect(ran).toEqual(['third', 'fourth', 'held', 'second', 'first']);
});

test('as many jobs run concurrently as configured', async () => {
  const { jobs } = await openTestJobs({ concurrency: 2 });
  const works = [heldWork(), heldWork(), heldWork()];
  for (const { order } of works) await jobs.submit(order);
  expect(countStates(await jobs.list())).toMatchObject({ running: 2, queued: 1 });
});

test('a cancelled job ends immediately, and its late result is discarded', async () => {
  const { jobs, folder } = await openTestJobs();
  const { order, started, finish, seen, progress } = heldWork();
  const next = heldWork();
  const { id } = await jobs.submit(order);
  await started;
  await jobs.submit(next.order);
  expect(await jobs.cancel(id)).toBe(true);
  expect(await jobs.find(id)).toMatchObject({ state: 'cancelled', reason: 'it was cancelled' });
  expect(seen.signal?.aborted).toBe(true);
  progress.report({ done: 1, total: 1 });
  expect((await jobs.find(id))?.progress.done).toBe(0);
  finish([file('late.json', '1')]);
  await next.started;
  expect(await jobs.find(id)).toMatchObject({ state: 'cancelled', result: [] });
  expect(await jobs.cancel(id)).toBe(false);
  expect(readdirSync(folder)).not.toContain(id);
});

test('the reason of a failed job is recorded, a bug only as such', async () => {
  const { jobs, folder, log } = await openTestJobs();
  const [bad, bug] = [heldWork(), heldWork()];
  const first = await jobs.submit(bad.order);
  const second = await jobs.submit(bug.order);
  bad.fail(new InputError('neuron 3 is dead'));
  await reached(jobs, first.id, 'failed');
  await bug.started;
  bug.fail(new Error('secret'));
  await reached(jobs, second.id, 'failed');
  expect((await jobs.find(first.id))?.reason).toBe('neuron 3 is dead');
  expect((await jobs.find(second.id))?.reason).toBe(
    "an error in the service; its log has it under the job's id",
  );
  expect(log).toMatchObject([
    { job: first.id, msg: 'a job failed', reason: 'neuron 3 is dead' },
    { job: second.id, msg: 'unhandled error', err: { message: 'secret' } },
  ]);
  await jobs.close();
  expect(await (await openTestJobs({ folder })).jobs.list()).toHaveLength(2);
});

test('waiting and stored jobs are limited, and concurrent requests count', async () => {
  const { jobs } = await openTestJobs({ maxWaiting: 2, maxStored: 4 });
  const works = Array.from({ length: 8 }, () => heldWork());
  const outcomes = await Promise.allSettled(works.map(({ order }) => jobs.submit(order)));
  const refused = outcomes.filter((each) => each.status === 'rejected').map(({ reason }) => reason);
  expect(refused).toHaveLength(6);
  for (const error of refused) expect(error).toBeInstanceOf(JobsFullError);
  await jobs.submit(heldWork().order);
  await expect(jobs.submit(heldWork().order)).rejects.toMatchObject({ status: 429 });
  const [oldest] = (await jobs.list()).toReversed();
  for (const { id } of await jobs.list()) await jobs.cancel(id);
  await jobs.submit(heldWork().order);
  await expect(jobs.submit(heldWork().order)).rejects.toMatchObject({ status: 507 });
  expect(await jobs.remove(oldest!.id)).toBe(true);
  await jobs.submit(heldWork().order);
});

test('a finished job is deleted with its result, an unfinished one is not', async () => {
  const { jobs, folder } = await openTestJobs();
  const { order, finish } = heldWork();
  const { id } = await jobs.submit(order);
  expect(await jobs.remove(id)).toBe(false);
  finish([file('a.json', '1')]);
  await reached(jobs, id, 'succeeded');
  expect(readdirSync(folder).sort()).toEqual([id, `${id}.json`]);
  expect(await jobs.remove(id)).toBe(true);
  expect([await jobs.find(id), await jobs.list(), readdirSync(folder)]).toEqual([
    undefined,
    [],
    [],
  ]);
  expect(await jobs.remove(id)).toBe(false);
});

test('closing stops unfinished jobs, and the next start continues them in their order', async () => {
  const { jobs, folder, time } = await openTestJobs();
  const [running, waiting] = [heldWork('first'), heldWork('second')];
  const first = await jobs.submit(running.order);
  await running.started;
  time.now += 1;
  await jobs.submit(waiting.order);
  await jobs.close();
  expect(running.seen.signal?.aborted).toBe(true);
  expect(waiting.seen).toEqual({});
  expect(countStates(await jobs.list())).toMatchObject({ queued: 2, running: 0 });
  const stored = JSON.parse(readFileSync(path.join(folder, `${first.id}.json`), 'utf8'));
  expect(stored).toMatchObject({ state: 'queued', started: null });
  await expect(jobs.submit(heldWork().order)).rejects.toBeInstanceOf(JobsClosedError);
  const seen: string[] = [];
  const { jobs: again } = await openTestJobs({
    folder,
    async run({ id, order }) {
      seen.push(order.kind);
      return writeResult(folder, id, [file('a.json', '1')]);
    },
  });
  await vi.waitFor(async () =>
    expect(countStates(await again.list())).toMatchObject({ succeeded: 2 }),
  );
  expect(seen).toEqual(['first', 'second']);
});

test('jobs whose process was killed are continued after the restart', async () => {
  const { folder } = await openTestJobs();
  const module = (name: string) =>
    JSON.stringify(fileURLToPath(new URL(`../../dist/src/jobs/${name}.js`, import.meta.url)));
  const program = `
    import { openJobs } from ${module('jobs')};
    import { writeResult } from ${module('job-files')};
    const logger = { error: console.error, warn: console.error };
    const folder = ${JSON.stringify(folder)};
    const run = ({ id, order }) => {
      if (order.kind === 'done') return writeResult(folder, id, [{ name: 'a.json', bytes: Buffer.from('1') }]);
      console.log('running');
      return new Promise(() => setInterval(() => {}, 1000));
    };
    const options = { maxStored: 9, maxWaiting: 9, concurrency: 1, run, now: Date.now, clock: Date.now, explain: String };
    const jobs = await openJobs({ folder, logger, ...options });
    const model = ${JSON.stringify(MODEL)};
    const submit = (kind) => jobs.submit({ kind, model, request: {}, stimulusSets: [], askedBy: null });
    const { id } = await submit('done');
    while ((await jobs.find(id)).state !== 'succeeded') await new Promise(setImmediate);
    await submit('endless');
    await submit('waiting');
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
  expect(Object.fromEntries((await jobs.list()).map(({ kind, state }) => [kind, state]))).toEqual({
    done: 'succeeded',
    endless: 'running',
    waiting: 'queued',
  });
});

test('a result that is corrupted on the disk is rejected', async () => {
  const { jobs, folder } = await openTestJobs();
  const { order, finish } = heldWork();
  const { id } = await jobs.submit(order);
  finish([file('a.json', '1')]);
  await reached(jobs, id, 'succeeded');
  const [part] = (await jobs.find(id))!.result;
  await writeFile(path.join(folder, id, 'a.json'), '2');
  await expect(jobs.readPart(id, part!)).rejects.toBeInstanceOf(ResultDamagedError);
});

test('a result file whose name could lead elsewhere is a bug, and nothing is written', async () => {
  const { jobs, folder } = await openTestJobs();
  const { order, finish } = heldWork();
  const { id } = await jobs.submit(order);
  finish([file('../x.json', '1')]);
  await reached(jobs, id, 'failed');
  await vi.waitFor(() => expect(readdirSync(folder)).toEqual([`${id}.json`]));
  expect(readFileSync(path.join(folder, `${id}.json`), 'utf8')).toContain('"failed"');
});

test('the time left does not depend on the date when the clock is set back', async () => {
  const clock = { now: 0 };
  const { jobs, time } = await openTestJobs({ clock: () => clock.now });
  const { order, started, progress } = heldWork();
  const { id } = await jobs.submit(order);
  await started;
  clock.now += 10_000;
  time.now -= 3_600_000;
  progress.report({ done: 1, total: 3 });
  expect((await jobs.find(id))?.progress.secondsLeft).toBe(20);
});
