import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test as testAnywhere } from 'vitest';
import { testWith } from '../support/capabilities.js';
import { redisServer, startRedis } from '../support/redis.js';
import { startService } from '../support/service.js';
import { temporaryFolder } from '../support/store.js';
import { startWorker } from '../support/worker.js';

const test = testWith(redisServer());
const MODELS_DIR = fileURLToPath(new URL('../../models', import.meta.url));

interface Line {
  readonly name: string;
  readonly msg: string;
  readonly pid: number;
  readonly request?: string;
  readonly job?: string;
  readonly requests?: readonly string[];
}

/** The lines of a log that hold a text. */
function linesWith(log: string, text: string): Line[] {
  const lines = log.split('\n').filter((line) => line.includes(text));
  return lines.map((line) => JSON.parse(line) as Line);
}

test('the ids of a request and of its job are in the lines of service, worker and job process', async () => {
  const redis = await startRedis();
  const shared = {
    ...{ REDIS_URL: redis.url, DATA_DIR: await temporaryFolder(), MODELS_DIR },
    ENGINE: 'onnx',
  };
  const service = await startService({ GRACE_SECONDS: '0', ...shared });
  onTestFinished(service.kill);
  const worker = await startWorker(shared);
  const request = 'session-7/request-1';
  const answer = await fetch(`${service.url}/v1/models/demo/preferred-stimulus`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Request-Id': request },
    body: JSON.stringify({ neurons: '0', steps: 2 }),
  });
  const { id: job } = (await answer.json()) as { id: string };
  const done = () => linesWith(worker.stderr(), 'a job is done');
  await expect.poll(done).toHaveLength(1);
  const [posted, ...others] = linesWith(service.stderr(), request);
  expect(others).toEqual([]);
  expect(posted).toMatchObject({ name: 'service', request, job, msg: 'request' });
  const lines = linesWith(worker.stderr(), request);
  expect(lines.map(({ name, msg }) => [name, msg])).toEqual([
    ['worker', 'a job is started'],
    ['job', 'the model of a job is loaded'],
    ['job', 'the result of a job is written'],
    ['worker', 'a job is done'],
  ]);
  for (const line of lines) expect(line).toMatchObject({ request, job });
  expect(linesWith(worker.stderr(), job)).toEqual(lines);
  expect(new Set(lines.map(({ pid }) => pid)).size).toBe(2);
});

testAnywhere('at the level debug the processes that compute name the requests', async () => {
  const service = await startService({ MODELS_DIR, ENGINE: 'onnx', LOG_LEVEL: 'debug' });
  onTestFinished(service.kill);
  const body = await readFile(new URL('../../docs/example.png', import.meta.url));
  const send = async (measure: string, id: string) => {
    const answer = await fetch(`${service.url}/v1/models/demo/${measure}?neurons=0`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/png', 'X-Request-Id': id },
      body,
    });
    expect(answer.status).toBe(200);
  };
  await Promise.all([send('responses', 'request-1'), send('responses', 'request-2')]);
  await send('gradient', 'request-3');
  for (const [id, name, msg] of [
    ['request-1', 'inference', 'responses are computed'],
    ['request-2', 'inference', 'responses are computed'],
    ['request-3', 'interpretation', 'an interpretation is computed'],
  ] as const) {
    const lines = () => linesWith(service.stderr(), id);
    await expect.poll(() => lines().length).toBe(2);
    expect(lines()).toMatchObject([
      { name, msg, requests: expect.arrayContaining([id]) },
      { name: 'service', request: id, msg: 'request' },
    ]);
  }
});

/** Makes each process of a service or worker warn at SIGWINCH, and fail at SIGUSR2. */
const PLANTED =
  "--import=data:text/javascript,process.on('SIGWINCH',()=>process.emitWarning('odd'))," +
  "process.on('SIGUSR2',()=>{throw(new(Error)('planted'))})";

test('a process that crashes writes one line, with the ids of the job that it ran', async () => {
  const redis = await startRedis();
  const shared = {
    ...{ REDIS_URL: redis.url, DATA_DIR: await temporaryFolder(), MODELS_DIR },
    ENGINE: 'onnx',
    NODE_OPTIONS: PLANTED,
  };
  const service = await startService({ GRACE_SECONDS: '0', ...shared });
  onTestFinished(service.kill);
  const worker = await startWorker(shared);
  const answer = await fetch(`${service.url}/v1/models/demo/characterize`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Request-Id': 'request-4' },
    body: JSON.stringify({ neurons: '0' }),
  });
  const { id: job } = (await answer.json()) as { id: string };
  const running = () => linesWith(worker.stderr(), 'the model of a job is loaded');
  await expect.poll(running).toHaveLength(1);
  process.kill(running()[0]!.pid, 'SIGUSR2');
  await expect.poll(running).toHaveLength(2); // in the next process
  const crashed = linesWith(worker.stderr(), 'planted');
  expect(crashed).toMatchObject([
    { name: 'job', level: 60, request: 'request-4', job, msg: 'unhandled error' },
  ]);
  const [inference] = service.children();
  process.kill(inference!, 'SIGUSR2');
  await expect.poll(() => linesWith(service.stderr(), 'planted')).toHaveLength(1);
  expect(linesWith(service.stderr(), 'planted')).toMatchObject([{ name: 'inference', level: 60 }]);
  service.child.kill('SIGWINCH');
  await expect.poll(() => linesWith(service.stderr(), '"message":"odd"')).toHaveLength(1);
  expect(linesWith(service.stderr(), '"message":"odd"')).toMatchObject([
    { name: 'service', level: 40 },
  ]);
  service.child.kill('SIGUSR2');
  expect(await service.ended).toBe(1);
  expect(linesWith(service.stderr(), 'planted').at(-1)).toMatchObject({
    name: 'service',
    level: 60,
  });
});
