import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { childrenOf, isRunning, processesOf } from '../support/processes.js';
import { temporaryFolder } from '../support/store.js';
import { startTestService } from '../support/test-service.js';

/** Posts a job. @returns its path */
async function post(url: string, body: object, model = 'constant'): Promise<string> {
  const answer = await fetch(`${url}/v1/models/${model}/preferred-stimulus`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
  });
  expect(answer.status).toBe(202);
  return answer.headers.get('Location')!;
}

const readJob = async (url: string, place: string) =>
  (await (await fetch(url + place)).json()) as { state: string; reason: string | null };

const SHORT = { neurons: [0], restarts: 1, steps: 1 };
/** Far longer than a test waits. */
const LONG = { restarts: 16, steps: 2000 };
/** A few seconds. */
const MIDDLE = { restarts: 4, steps: 100 };

async function waitForProgress(url: string, place: string): Promise<void> {
  const events = (await fetch(`${url}${place}/events`)).body!.pipeThrough(new TextDecoderStream());
  let text = '';
  for await (const part of events) {
    text += part;
    if (text.includes('event: progress')) return;
  }
  throw new Error(`the job ended: ${text}`);
}

test('results survive a kill, and jobs that ran or waited are continued', async () => {
  const DATA_DIR = await temporaryFolder();
  const first = await startTestService({ DATA_DIR });
  const done = await post(first.url, SHORT);
  await (await fetch(`${first.url}${done}/events`)).text();
  const result = await (await fetch(`${first.url}${done}/result`)).text();
  const running = await post(first.url, MIDDLE);
  const waiting = await post(first.url, SHORT);
  await waitForProgress(first.url, running);
  await first.kill();

  const { url } = await startTestService({ DATA_DIR });
  expect(await (await fetch(`${url}${done}/result`)).text()).toBe(result);
  for (const place of [running, waiting]) {
    expect(await (await fetch(`${url}${place}/events`)).text()).toContain('"succeeded"');
  }
  // The same request again, which nothing stops, has the same result.
  const again = await post(url, MIDDLE);
  await (await fetch(`${url}${again}/events`)).text();
  const results = [running, again].map(async (place) =>
    (await fetch(`${url}${place}/result?part=preferred-stimuli.npy`)).arrayBuffer(),
  );
  const [continued, whole] = await Promise.all(results);
  expect(Buffer.from(continued!).equals(Buffer.from(whole!))).toBe(true);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/^hypercolumn_jobs\{state="succeeded"\} 4$/m);
});

test('SIGTERM stops running jobs, ends their events and the service', async () => {
  const { url, child, ended } = await startTestService({ DATA_DIR: await temporaryFolder() });
  const place = await post(url, LONG);
  await waitForProgress(url, place);
  const watching = fetch(`${url}${place}/events`).then((answer) => answer.text());
  await expect.poll(async () => (await readJob(url, place)).state).toBe('running');
  child.kill('SIGTERM');
  expect(await watching).toMatch(/"state":"queued"[^\n]*\nid: queued-\d+-\d+\n\n$/);
  expect(await ended).toBe(0);
});

test('after SIGTERM to the whole process group the service ends its own child processes', async () => {
  const { url, child, ended, stderr } = await startTestService({
    DATA_DIR: await temporaryFolder(),
  });
  const place = await post(url, LONG);
  await waitForProgress(url, place);
  const processes = childrenOf(child.pid!);
  expect(processes.length).toBeGreaterThan(0);
  for (const id of processes) process.kill(id, 'SIGTERM');
  expect(await readJob(url, place)).toMatchObject({ state: 'running' });
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(stderr()).toContain('stopped');
  expect(stderr()).not.toContain('was killed');
});

test('a process that runs a long search ends soon after its service is killed', async () => {
  const { url, child, kill } = await startTestService({
    DATA_DIR: await temporaryFolder(),
    MODELS_DIR: fileURLToPath(new URL('../../models', import.meta.url)),
    ENGINE: 'onnx',
  });
  const place = await post(url, { neurons: [0], ...LONG }, 'demo');
  await waitForProgress(url, place);
  const [worker] = processesOf('job-worker.js', child.pid);
  expect(isRunning(worker!)).toBe(true);
  await kill();
  await expect.poll(() => isRunning(worker!)).toBe(false);
});
