import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SMALLEST_SIDE } from '../support/saved-models.js';
import { spawnService } from '../support/service.js';
import { openStream } from '../support/stream-client.js';
import {
  constantModelFolder,
  requestResponses,
  startTestService,
} from '../support/test-service.js';

test('the service logs what it serves, answers requests, and ends with 0 on SIGTERM', async () => {
  const MODELS_DIR = await constantModelFolder();
  await mkdir(path.join(MODELS_DIR, 'broken', '1'), { recursive: true });
  await writeFile(path.join(MODELS_DIR, 'broken', '1', 'card.json'), '{}');
  const { url, child, ended, stdout } = await startTestService({ MODELS_DIR });
  const [listening, loading, ready] = stdout().split('\n');
  expect(listening).toMatch(new RegExp(`^listening \\.\\.\\. ${url}, \\d+\\.\\d s$`));
  expect(loading).toMatch(/^loading models \.\.\. 1, \d+\.\d s$/);
  expect(ready).toBe(`Hypercolumn is ready at ${url}`);
  expect(stdout()).toMatch(/constant\/1 {2}rf_cnn, 4 neurons/);
  expect(stdout()).toMatch(
    /broken\/1 {2}not served: card.json is not a model card: .* at formatVersion/,
  );
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(await (await requestResponses(url)).json()).toMatchObject({ responses: [[1, 2, 3, 4]] });
  expect((await requestResponses(url, 'broken')).status).toBe(503);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('on SIGTERM the service is immediately not ready and still answers for the grace period', async () => {
  const { url, child, ended } = await startTestService({ GRACE_SECONDS: '1' });
  child.kill('SIGTERM');
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503);
  expect((await requestResponses(url)).status).toBe(200);
  expect(await ended).toBe(0);
});

test('requests that cannot be answered within DRAIN_SECONDS get 503', async () => {
  const { url, child, children, ended } = await startTestService({ DRAIN_SECONDS: '2' });
  const stream = await openStream(url, 'constant/stream?dtype=uint8');
  const [inference] = children();
  process.kill(inference!, 'SIGSTOP');
  try {
    const waiting = requestResponses(url);
    stream.send(new Uint8Array(SMALLEST_SIDE ** 2));
    const depth = async () => (await fetch(`${url}/metrics`)).text();
    await expect.poll(depth).toContain('hypercolumn_queue_depth 2\n');
    child.kill('SIGTERM');
    const answer = await waiting;
    expect(answer.status).toBe(503);
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    expect(await stream.next()).toMatchObject({ status: 503 });
    expect((await stream.closed).code).toBe(1001);
  } finally {
    process.kill(inference!, 'SIGKILL');
  }
  expect(await ended).toBe(1);
});

test('a second signal ends the service immediately', async () => {
  const { url, child, ended } = await startTestService({
    GRACE_SECONDS: '60',
    DRAIN_SECONDS: '60',
  });
  child.kill('SIGTERM');
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503);
  child.kill('SIGINT');
  expect(await ended).toBe(1);
});

test('when the inference process is killed under load, every request is still answered', async () => {
  const { url, children } = await startTestService();
  const [inference, ...others] = children();
  expect(others).toEqual([]);
  let killed = false;
  const statuses: number[] = [];
  const load = Array.from({ length: 4 }, async () => {
    for (let i = 0; !killed || i < 20; i++) statuses.push((await requestResponses(url)).status);
  });
  await expect.poll(() => statuses.length).toBeGreaterThan(8);
  process.kill(inference!, 'SIGKILL');
  await expect
    .poll(async () => (await fetch(`${url}/metrics`)).text(), { timeout: 20_000 })
    .toContain('hypercolumn_engine_restarts_total 1\n');
  killed = true;
  await Promise.all(load);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(children()).not.toEqual([inference]);
});

test('a start with invalid settings fails with one line that says what to change', async () => {
  const MODELS_DIR = await constantModelFolder();
  const rejections = [
    { environment: { PORT: 'http' }, code: 2, line: /^PORT="http" is not accepted: .*\n$/ },
    {
      environment: { MODELS_DIR: '/nowhere' },
      code: 2,
      line: /^MODELS_DIR="\/nowhere" is not a folder; expected .*\n$/,
    },
  ];
  for (const { environment, code, line } of rejections) {
    const { ended, stderr, stdout } = spawnService({ MODELS_DIR, ...environment });
    expect(await ended).toBe(code);
    expect(stderr()).toMatch(line);
    expect(stdout()).toBe('');
  }
});

test('a port that is in use is reported in one line', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { ended, stderr } = spawnService({
    MODELS_DIR: await constantModelFolder(),
    PORT: String(port),
  });
  expect(await ended).toBe(1);
  expect(stderr()).toMatch(/^PORT=\d+ is in use: .*\n$/);
  taken.close();
});
