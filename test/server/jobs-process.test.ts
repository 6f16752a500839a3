import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { childrenOf } from '../support/processes.js';
import { saveConstantModel } from '../support/saved-models.js';
import { type RunningService, startService } from '../support/service.js';

let folder = '';
let service: RunningService | undefined;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-jobs-'));
  await saveConstantModel(path.join(folder, 'models'), 'constant');
});
afterEach(() => service?.child.kill('SIGKILL'));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(data: string): Promise<RunningService> {
  service = await startService({
    MODELS_DIR: path.join(folder, 'models'),
    DATA_DIR: path.join(folder, data),
    GRACE_SECONDS: '0',
  });
  return service;
}

/** @returns the job's place */
async function post(url: string, body: object): Promise<string> {
  const answer = await fetch(`${url}/v1/models/constant/preferred-stimulus`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
  });
  expect(answer.status).toBe(202);
  return answer.headers.get('Location')!;
}

interface Told {
  readonly state: string;
  readonly reason: string | null;
}

const tellOf = async (url: string, place: string) =>
  (await (await fetch(url + place)).json()) as Told;

const SHORT = { neurons: [0], restarts: 1, steps: 1 };
/** Far longer than a test waits. */
const LONG = { restarts: 16, steps: 2000 };

async function begun(url: string, place: string): Promise<void> {
  const events = (await fetch(`${url}${place}/events`)).body!.pipeThrough(new TextDecoderStream());
  let text = '';
  for await (const part of events) {
    text += part;
    if (text.includes('event: progress')) return;
  }
  throw new Error(`it ended: ${text}`);
}

test('results survive a kill, and jobs that ran or waited are interrupted', async () => {
  const first = await start('killed');
  const done = await post(first.url, SHORT);
  await (await fetch(`${first.url}${done}/events`)).text();
  const result = await (await fetch(`${first.url}${done}/result`)).text();
  const running = await post(first.url, LONG);
  const waiting = await post(first.url, SHORT);
  await begun(first.url, running);
  await first.kill();

  const { url } = await start('killed');
  expect(await (await fetch(`${url}${done}/result`)).text()).toBe(result);
  for (const place of [running, waiting]) {
    expect(await tellOf(url, place)).toMatchObject({
      state: 'interrupted',
      reason: 'the service stopped before the job was over and saved; post it again',
    });
  }
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/^hypercolumn_jobs\{state="interrupted"\} 2$/m);
  const again = await post(url, SHORT);
  expect(await (await fetch(`${url}${again}/events`)).text()).toContain('"succeeded"');
});

test('SIGTERM interrupts running jobs, notifies those who follow them and ends the service', async () => {
  const { url, child, ended } = await start('told');
  const place = await post(url, LONG);
  await begun(url, place);
  const watching = fetch(`${url}${place}/events`).then((answer) => answer.text());
  await expect.poll(async () => (await tellOf(url, place)).state).toBe('running');
  child.kill('SIGTERM');
  expect(await watching).toContain('"state":"interrupted"');
  expect(await ended).toBe(0);
});

test('after SIGTERM to the whole process group the service ends its own child processes', async () => {
  const { url, child, ended, stderr } = await start('group');
  const place = await post(url, LONG);
  await begun(url, place);
  const processes = childrenOf(child.pid!);
  expect(processes.length).toBeGreaterThan(0);
  for (const id of processes) process.kill(id, 'SIGTERM');
  expect(await tellOf(url, place)).toMatchObject({ state: 'running' });
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(stderr()).toContain('stopped');
  expect(stderr()).not.toContain('was killed');
});
