import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import type { RunnableJob } from '../../src/jobs/job-runner.js';
import { countRuns } from '../../src/server/metrics/worker-metrics.js';
import { createWorkerApp } from '../../src/server/worker-app.js';
import { testWith } from '../support/capabilities.js';
import { redisServer, startRedis } from '../support/redis.js';
import { temporaryFolder } from '../support/store.js';
import { spawnWorker } from '../support/worker.js';

const MODELS_DIR = fileURLToPath(new URL('../../models', import.meta.url));
const testWithRedis = testWith(redisServer());
const logger = pino({ level: 'silent' });

test('a worker is ready while it takes jobs', async () => {
  const state = { isReady: false };
  const app = createWorkerApp({
    ...{ registry: new Registry(), logger },
    isReady: () => state.isReady,
  });
  expect((await app.request('/livez')).status).toBe(200);
  const waiting = await app.request('/readyz');
  expect(waiting.status).toBe(503);
  expect(await waiting.json()).toMatchObject({
    detail: 'the worker takes no jobs now; its log says why',
  });
  state.isReady = true;
  expect((await app.request('/readyz')).status).toBe(200);
  const unknown = await app.request('/v1/models');
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({
    detail: 'no such path; expected /livez, /readyz or /metrics',
  });
});

test('the runs of jobs are counted by how they end', async () => {
  const registry = new Registry();
  const job = { id: 'a', order: { kind: 'short' } } as RunnableJob;
  const stopping = new AbortController();
  const seen: string[] = [];
  const run = countRuns(registry, ['short', 'long'], async (_, __, signal) => {
    seen.push(await registry.getSingleMetricAsString('hypercolumn_worker_jobs_running'));
    if (seen.length === 1) return [];
    if (seen.length === 3) stopping.abort();
    signal.throwIfAborted();
    throw new Error('it failed');
  });
  expect(await run(job, () => undefined, stopping.signal)).toEqual([]);
  await expect(run(job, () => undefined, stopping.signal)).rejects.toThrow('it failed');
  await expect(run(job, () => undefined, stopping.signal)).rejects.toThrow('aborted');
  for (const text of seen) expect(text).toContain('running{kind="short"} 1');
  const text = await registry.metrics();
  expect(text).toContain('hypercolumn_worker_jobs_running{kind="short"} 0\n');
  expect(text).toContain('hypercolumn_worker_jobs_total{kind="long",result="success"} 0\n');
  for (const result of ['success', 'failure', 'stopped']) {
    expect(text).toContain(`hypercolumn_worker_jobs_total{kind="short",result="${result}"} 1\n`);
  }
  expect(text).toContain('hypercolumn_worker_job_seconds_count{kind="short"} 1\n');
});

testWithRedis('probes of a worker follow Redis', async () => {
  const redis = await startRedis();
  const worker = spawnWorker({
    ...{ REDIS_URL: redis.url, DATA_DIR: await temporaryFolder(), MODELS_DIR },
    HEALTH_PORT: '0',
  });
  await expect.poll(worker.stdout).toContain('running jobs of');
  const url = /^listening for health checks \.\.\. (\S+), \d/m.exec(worker.stdout())?.[1];
  const statusOf = async (path: string) => (await fetch(url + path)).status;
  expect(await statusOf('/readyz')).toBe(200);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('hypercolumn_worker_jobs_running{kind="characterize"} 0\n');
  expect(metrics).toContain('hypercolumn_process_resident_memory_bytes ');
  await redis.kill();
  await expect.poll(() => statusOf('/readyz')).toBe(503);
  expect(await statusOf('/livez')).toBe(200);
  await redis.restart();
  await expect.poll(() => statusOf('/readyz')).toBe(200);
  expect(await worker.kill('SIGTERM')).toEqual([0, null]);
});

testWithRedis('a worker that cannot start ends, also with a port for health checks', async () => {
  const redis = await startRedis();
  const shared = { REDIS_URL: redis.url, DATA_DIR: await temporaryFolder(), MODELS_DIR };
  const holder = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void holder.close());
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const taken = spawnWorker({ ...shared, HEALTH_PORT: String(port) });
  expect(await taken.ended).toEqual([1, null]);
  expect(taken.stderr()).toContain(`error: HEALTH_PORT=${port} is in use: `);
  const first = spawnWorker(shared);
  await expect.poll(first.stdout).toContain('running jobs of');
  const other = spawnWorker({ ...shared, DATA_DIR: await temporaryFolder(), HEALTH_PORT: '0' });
  expect(await other.ended).toEqual([2, null]);
});
