import { cp, readdir } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, vi } from 'vitest';
import { InputError, StorageError } from '../../../src/errors.js';
import { writeResult } from '../../../src/jobs/job-files.js';
import type { RunJob } from '../../../src/jobs/job-runner.js';
import { createJobFolder } from '../../../src/jobs/job-storage.js';
import type { Jobs } from '../../../src/jobs/jobs.js';
import { countStates, type JobOrder } from '../../../src/jobs/record.js';
import { openJobPlace } from '../../../src/jobs/redis/job-place.js';
import { openRedisJobs } from '../../../src/jobs/redis/redis-jobs.js';
import { startRedisWorker } from '../../../src/jobs/redis/redis-worker.js';
import { createFolderObjects } from '../../../src/objects/folder-objects.js';
import { watchEviction } from '../../../src/redis/eviction.js';
import { explainFailure } from '../../../src/server/jobs.js';
import { packError, unpackError } from '../../../src/workers/carried-error.js';
import { testWith } from '../../support/capabilities.js';
import { file, MODEL } from '../../support/jobs.js';
import { connectRedis, redisServer, startRedis } from '../../support/redis.js';
import { temporaryFolder } from '../../support/store.js';

const test = testWith(redisServer());
const KINDS = ['short', 'long'];
const logger = pino({ level: 'silent' });

async function openShared() {
  const redis = await startRedis();
  const folder = await temporaryFolder();
  const storage = createJobFolder(folder);
  const place = placeOf(folder, redis.url);
  const open = async (own = place) => {
    const jobs = openRedisJobs({
      url: redis.url,
      kinds: KINDS,
      storage,
      place: own,
      maxStored: 10,
      maxWaiting: 5,
      now: Date.now,
      logger,
    });
    onTestFinished(() => jobs.close());
    await vi.waitFor(() => jobs.list());
    return jobs;
  };
  const work = (run: RunJob, own = place) => {
    const worker = startRedisWorker({
      url: redis.url,
      kinds: KINDS,
      concurrency: 1,
      run,
      storage,
      place: own,
      clock: () => performance.now(),
      logger,
      explain: explainFailure,
      retryMs: 10,
    });
    onTestFinished(() => worker.close());
    return worker;
  };
  const done: RunJob = ({ id }) => writeResult(folder, id, [file('a.json', '1')]);
  return { redis, folder, open, work, done };
}

/** The place of jobs in a folder, as it is for a service with this DATA_DIR. */
function placeOf(dataDir: string, url: string) {
  return openJobPlace({ objects: createFolderObjects(dataDir), dataDir, url });
}

function createOrder(kind = 'short'): JobOrder {
  return { kind, model: MODEL, data: null, request: {}, stimulusSets: [], askedBy: null };
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

test('a job whose storage is away waits in the queue, and runs when it is back', async () => {
  const { open, work, done } = await openShared();
  const jobs = await open();
  const storage = { isBack: false };
  const attempts: string[] = [];
  work(async (job, ...rest) => {
    attempts.push(job.id);
    if (storage.isBack) return done(job, ...rest);
    // As it arrives from the process that runs jobs.
    const away = { reason: 'ECONNREFUSED', isPassing: true };
    throw unpackError(packError(new StorageError('S3 cannot be reached', away, undefined)));
  });
  const { id } = await jobs.submit(createOrder());
  await expect.poll(() => attempts.length).toBeGreaterThan(1);
  expect(['queued', 'running']).toContain((await jobs.find(id))?.state);
  storage.isBack = true;
  await reaches(jobs, id, 'succeeded');
  expect(new Set(attempts)).toEqual(new Set([id]));
});

test('a Redis without memory is not called away', async () => {
  const { open, redis } = await openShared();
  const jobs = await open();
  const client = await connectRedis(redis);
  await client.config('SET', 'maxmemory', '1');
  await expect(jobs.submit(createOrder())).rejects.toMatchObject({
    status: 503,
    message:
      'Redis refuses commands: OOM; expected it to take them; the log of the service has what it says',
  });
});

test('services and workers of another place share no jobs; of one that has moved they do', async () => {
  const { redis, folder, open, work, done } = await openShared();
  const first = await open();
  const { id } = await first.submit(createOrder());
  const worker = work(done);
  await worker.started;
  await reaches(first, id, 'succeeded');
  const part = (await first.find(id))!.result[0]!;

  const other = placeOf(await temporaryFolder(), redis.url);
  const strange = await open(other);
  await expect(strange.submit(createOrder())).rejects.toThrow(StorageError);
  await expect(strange.submit(createOrder())).rejects.toThrow(
    /^jobs cannot be shared: DATA_DIR=".*" is not the one of the services with this Redis \(127\.0\.0\.1:\d+\); expected the same folder or place in S3, or another database of Redis such as redis:\/\/127\.0\.0\.1:\d+\/1$/,
  );
  await expect(strange.readPart(id, part)).rejects.toThrow(StorageError);
  await expect(work(done, other).started).rejects.toThrow(InputError);

  const moved = path.join(await temporaryFolder(), 'moved');
  await cp(folder, moved, { recursive: true });
  await work(done, placeOf(moved, redis.url)).started;
});

test('a worker that starts while Redis is away takes jobs when it is back', async () => {
  const { redis, open, work, done } = await openShared();
  await redis.kill();
  const worker = work(done);
  await worker.away;
  await redis.restart();
  await worker.started;
  const jobs = await open();
  const { id } = await jobs.submit(createOrder());
  await reaches(jobs, id, 'succeeded');
});

test('a Redis that may delete keys is reported once', async () => {
  const { redis } = await openShared();
  const client = await connectRedis(redis);
  await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
  const warnings: object[] = [];
  watchEviction(client, { warn: (fields) => warnings.push(fields) });
  for (const reports of [1, 1]) {
    client.disconnect(true);
    await vi.waitFor(() => client.ping());
    await expect.poll(() => warnings).toHaveLength(reports);
  }
  expect(warnings).toEqual([{ policy: 'allkeys-lru' }]);
});

test('workers are counted by kind, also after one has closed', async () => {
  const { open, work, done } = await openShared();
  const jobs = await open();
  const counts = async () => Object.fromEntries(await jobs.countWorkers!());
  expect(await counts()).toEqual({ short: 0, long: 0 });
  const [worker] = [work(done), work(done)];
  await expect.poll(counts).toEqual({ short: 2, long: 2 });
  await worker!.close();
  await expect.poll(counts).toEqual({ short: 1, long: 1 });
});

test('the saved steps of a job are deleted when it is over', async () => {
  const { folder, open, work, done } = await openShared();
  const jobs = await open();
  work(async (job, report, signal) => {
    const steps = await createJobFolder(folder).openSteps(job.id, 'x');
    await steps.save('a', 1);
    if (job.order.kind === 'long') throw new InputError('it fails');
    return done(job, report, signal);
  });
  const [good, bad] = [await jobs.submit(createOrder()), await jobs.submit(createOrder('long'))];
  await reaches(jobs, good.id, 'succeeded');
  await reaches(jobs, bad.id, 'failed');
  await expect.poll(() => readdir(folder)).not.toContain(`${good.id}.steps`);
  await expect.poll(() => readdir(folder)).not.toContain(`${bad.id}.steps`);
});
