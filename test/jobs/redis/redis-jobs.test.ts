import { pino } from 'pino';
import { expect, onTestFinished, vi } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { writeResult } from '../../../src/jobs/job-files.js';
import type { RunJob } from '../../../src/jobs/job-runner.js';
import { createJobFolder } from '../../../src/jobs/job-storage.js';
import type { Jobs } from '../../../src/jobs/jobs.js';
import { countStates, type JobOrder } from '../../../src/jobs/record.js';
import { openRedisJobs } from '../../../src/jobs/redis/redis-jobs.js';
import { startRedisWorker } from '../../../src/jobs/redis/redis-worker.js';
import { explainFailure } from '../../../src/server/jobs.js';
import { testWith } from '../../support/capabilities.js';
import { file, MODEL } from '../../support/jobs.js';
import { redisServer, startRedis } from '../../support/redis.js';
import { temporaryFolder } from '../../support/store.js';

const test = testWith(redisServer());
const KINDS = ['short', 'long'];
const logger = pino({ level: 'silent' });

async function openShared() {
  const redis = await startRedis();
  const folder = await temporaryFolder();
  const open = async () => {
    const jobs = openRedisJobs({
      url: redis.url,
      kinds: KINDS,
      storage: createJobFolder(folder),
      maxStored: 10,
      maxWaiting: 5,
      now: Date.now,
      logger,
    });
    onTestFinished(() => jobs.close());
    await vi.waitFor(() => jobs.list());
    return jobs;
  };
  const work = (run: RunJob) => {
    const worker = startRedisWorker({
      url: redis.url,
      kinds: KINDS,
      concurrency: 1,
      run,
      clock: () => performance.now(),
      logger,
      explain: explainFailure,
    });
    onTestFinished(() => worker.close());
    return worker;
  };
  const done: RunJob = ({ id }) => writeResult(folder, id, [file('a.json', '1')]);
  return { redis, folder, open, work, done };
}

function createOrder(kind = 'short'): JobOrder {
  return { kind, model: MODEL, request: {}, stimulusSets: [], askedBy: null };
}

const reaches = (jobs: Jobs, id: string, state: string) =>
  vi.waitFor(async () => expect((await jobs.find(id))?.state).toBe(state));

test('a job that one service accepts is run by a worker, and has the same story at each service', async () => {
  const { open, work, done } = await openShared();
  const [first, second] = [await open(), await open()];
  const { id } = await first.submit(createOrder());
  expect(await second.find(id)).toMatchObject({ id, kind: 'short', state: 'queued' });
  const changes: (string | undefined)[] = [];
  const stopWatching = second.watch(id, async () => changes.push((await second.find(id))?.state));
  work(async (job, report, signal) => {
    report({ done: 1, total: 4, preview: '{"so":"far"}' });
    return done(job, report, signal);
  });
  await reaches(first, id, 'succeeded');
  const view = await first.find(id);
  expect(view).toMatchObject({ progress: { done: 1, total: 4 }, result: [{ name: 'a.json' }] });
  expect(await second.list()).toEqual([view]);
  expect(Buffer.from(await second.readPart(id, view!.result[0]!)).toString()).toBe('1');
  await vi.waitFor(() => expect(changes.at(-1)).toBe('succeeded'));
  stopWatching();
  expect(countStates(await second.list())).toMatchObject({ succeeded: 1 });
  expect(await second.remove(id)).toBe(true);
  expect(await first.list()).toEqual([]);
});

test('waiting jobs run by priority, then by age', async () => {
  const { open, work, done } = await openShared();
  const jobs = await open();
  const ids: string[] = [];
  for (const priority of ['low', 'normal', 'high', 'high', undefined] as const) {
    ids.push((await jobs.submit(createOrder(), priority)).id);
  }
  const ran: number[] = [];
  work((job, report, signal) => {
    ran.push(ids.indexOf(job.id));
    return done(job, report, signal);
  });
  await vi.waitFor(async () => expect(countStates(await jobs.list()).succeeded).toBe(5));
  expect(ran).toEqual([2, 3, 1, 4, 0]);
});

test('the reason of a failed job is the same at each service', async () => {
  const { open, work } = await openShared();
  const jobs = await open();
  const { id } = await jobs.submit(createOrder());
  work(() => Promise.reject(new InputError('neuron 3 is dead')));
  await reaches(jobs, id, 'failed');
  expect((await jobs.find(id))?.reason).toBe('neuron 3 is dead');
});

test('a waiting and a running job are cancelled from any service', async () => {
  const { open, work } = await openShared();
  const [first, second] = [await open(), await open()];
  const waiting = await first.submit(createOrder());
  expect(await second.cancel(waiting.id)).toBe(true);
  expect(await first.find(waiting.id)).toMatchObject({
    state: 'cancelled',
    reason: 'it was cancelled',
    started: null,
    ended: expect.stringMatching(/Z$/),
  });
  const cancelled = await first.find(waiting.id);
  const seen: string[] = [];
  work(({ id }, _, signal) => {
    seen.push(id);
    return new Promise((__, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  });
  const running = await first.submit(createOrder('long'));
  await reaches(second, running.id, 'running');
  expect(await second.cancel(running.id)).toBe(true);
  await reaches(first, running.id, 'cancelled');
  expect(seen).toEqual([running.id]);
  // The worker has taken it meanwhile, only to end it.
  expect(await second.find(waiting.id)).toEqual(cancelled);
});

test('a job of a worker that closes is continued by another worker', async () => {
  const { open, work, done } = await openShared();
  const jobs = await open();
  const { id } = await jobs.submit(createOrder());
  const first = work(
    (_, __, signal) =>
      new Promise((___, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  );
  await reaches(jobs, id, 'running');
  await first.close();
  work(done);
  await reaches(jobs, id, 'succeeded');
});

test('while Redis is away a job is rejected with 503, and jobs are there again when it is back', async () => {
  const { open, redis } = await openShared();
  const jobs = await open();
  const { id } = await jobs.submit(createOrder());
  await redis.kill();
  await vi.waitFor(() =>
    expect(jobs.submit(createOrder())).rejects.toMatchObject({ status: 503, code: 'queue-away' }),
  );
  await redis.restart();
  await vi.waitFor(async () => expect((await jobs.find(id))?.state).toBe('queued'));
});
