import { Hono } from 'hono';
import { expect, test, vi } from 'vitest';
import type { AppEnv } from '../../src/server/context.js';
import { answerJob } from '../../src/server/jobs.js';
import { listen } from '../../src/server/listen.js';
import { logRequests } from '../../src/server/middleware/request-log.js';
import { createTestApp, type TestAppOptions } from '../support/app.js';
import { file, heldWork, MODEL, openTestJobs } from '../support/jobs.js';
import { detailOf } from '../support/stored-sets.js';

const JOBS = '/v1/jobs';

async function createJobsApp(access: TestAppOptions['access'] = {}) {
  const opened = await openTestJobs();
  return { ...createTestApp({ jobs: opened.jobs, access }), ...opened };
}

const states = (text: string) =>
  [...text.matchAll(/event: (\w+)\ndata: (.*)\n/g)].map(([, event, data]) => {
    const { state, progress } = JSON.parse(data!) as { state: string; progress: { done: number } };
    return [event, state, progress.done];
  });

test('a job is answered with 202 and its location', async () => {
  const { deps, jobs } = await createJobsApp();
  const making = new Hono<AppEnv>();
  making.use(logRequests(deps));
  making.post('/x', (c) => answerJob(c, deps, heldWork('mapping').order, 'high'));
  const answer = await making.request('/x', { method: 'POST' });
  const [job] = await jobs.list();
  expect([answer.status, answer.headers.get('Location')]).toEqual([202, `${JOBS}/${job!.id}`]);
  expect(await answer.json()).toMatchObject({ id: job!.id, kind: 'mapping', priority: 'high' });
});

/** What a search for preferred stimuli finds, of no neuron. */
const RESULT = JSON.stringify({
  model: MODEL,
  restarts: 1,
  seed: 1,
  steps: 1,
  stepSize: 0.1,
  background: 0.5,
  norm: 1,
  pixels: [0, 1],
  blur: 0,
  jitter: 0,
  formulas: { norm: 'n', diversity: 'd' },
  neurons: [],
});

test('jobs are listed and described, and their results come in the requested format', async () => {
  const { app, jobs } = await createJobsApp();
  const { order, finish } = heldWork();
  const { id } = await jobs.submit(order);
  expect(await (await app.request(JOBS)).json()).toEqual({ jobs: await jobs.list() });
  expect(await (await app.request(`${JOBS}/${id}`)).json()).toEqual(await jobs.find(id));
  expect(await detailOf(app.request(`${JOBS}/${id}/result`))).toBe(
    `409 the job has no result, it is running; GET /v1/jobs/${id}/events waits for it`,
  );
  finish([file('neurons.json', RESULT), file('neurons.csv', 'a\n1'), file('b.csv', 'b')]);
  await vi.waitFor(async () => expect((await jobs.find(id))?.state).toBe('succeeded'));
  const result = async (query: string, Accept?: string) => {
    const headers = Accept === undefined ? {} : { Accept };
    const answer = await app.request(`${JOBS}/${id}/result${query}`, { headers });
    return [answer.headers.get('Content-Type'), await answer.text()];
  };
  expect(await result('')).toEqual(['application/json', RESULT]);
  expect(await result('', 'text/csv')).toEqual(['text/csv', 'a\n1']);
  expect(await result('?part=b.csv')).toEqual(['text/csv', 'b']);
  expect(await detailOf(app.request(`${JOBS}/${id}/result?part=c.csv`))).toBe(
    "404 unknown part of the result: 'c.csv'; expected one of neurons.json, neurons.csv, b.csv",
  );
});

test('DELETE cancels a job, and deletes a finished one', async () => {
  const { app, jobs } = await createJobsApp();
  const { id } = await jobs.submit(heldWork().order);
  const cancelled = await app.request(`${JOBS}/${id}`, { method: 'DELETE' });
  expect(await cancelled.json()).toMatchObject({ id, state: 'cancelled' });
  expect(await detailOf(app.request(`${JOBS}/${id}/result`))).toBe(
    '409 the job has no result, it is cancelled: it was cancelled',
  );
  expect((await app.request(`${JOBS}/${id}`, { method: 'DELETE' })).status).toBe(204);
  expect((await app.request(`${JOBS}/${id}`)).status).toBe(404);
});

test.each(['x', '..%2F..%2Fetc%2Fpasswd', 'a'.repeat(32), `${'a'.repeat(32)}%00`])(
  'a job with the id %s is unknown',
  async (id) => {
    const { app } = await createJobsApp();
    for (const tail of ['', '/events', '/result']) {
      expect(await detailOf(app.request(`${JOBS}/${id}${tail}`))).toMatch(/^404 unknown job: '/);
    }
    expect((await app.request(`${JOBS}/${id}`, { method: 'DELETE' })).status).toBe(404);
  },
);

test('a full queue and a full folder are rejected with what to do', async () => {
  const { jobs } = await openTestJobs({ maxWaiting: 1, maxStored: 3 });
  const { app: making, deps } = createTestApp({ jobs });
  making.post('/x', (c) => answerJob(c, deps, heldWork().order, 'normal'));
  const post = () => making.request('/x', { method: 'POST' });
  await post();
  await post();
  const waiting = await post();
  expect(waiting.headers.get('Retry-After')).toBe('10');
  expect(await detailOf(waiting)).toBe('429 too many waiting jobs: 2; expected at most 1');
  for (const { id } of await jobs.list()) await jobs.cancel(id);
  await post();
  expect(await detailOf(post())).toBe(
    '507 too many stored jobs: 4; expected at most 3; DELETE /v1/jobs/{id} removes one',
  );
  await jobs.close();
  expect(await detailOf(post())).toBe('503 the service is shutting down');
});

test('events end in the current state when the service must end', async () => {
  const { app, jobs, cut } = await createJobsApp();
  const { order, started } = heldWork();
  const { id } = await jobs.submit(order);
  await started;
  const answer = await app.request(`${JOBS}/${id}/events`);
  const watched = answer.text();
  cut.abort();
  expect(await watched).toContain('"state":"running"');
});

test('a client that follows events counts as a request until they end', async () => {
  const { app, jobs } = await createJobsApp({ maxConcurrent: 1 });
  const { order, started } = heldWork();
  const { id } = await jobs.submit(order);
  await started;
  const watched = (await app.request(`${JOBS}/${id}/events`)).text();
  expect((await app.request(JOBS)).status).toBe(429);
  await jobs.cancel(id);
  expect(await watched).toContain('"state":"cancelled"');
  await expect.poll(async () => (await app.request(JOBS)).status).toBe(200);
});

test('without a folder to store jobs there are none', async () => {
  const { app } = createTestApp();
  expect(await detailOf(app.request(JOBS))).toBe('503 no job can be kept: this app has no folder');
});

test('events report the state of a job and each change, and end with the job', async () => {
  const { app, jobs } = await createJobsApp();
  const { order, started, finish, progress } = heldWork();
  const { id } = await jobs.submit(order);
  await started;
  const answer = await app.request(`${JOBS}/${id}/events`);
  expect(answer.headers.get('Content-Type')).toBe('text/event-stream');
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const until = async (part: string) => {
    while (!text.includes(part)) text += (await reader.read()).value;
  };
  await until('"running"');
  progress.report({ done: 2, total: 4 });
  await until('"done":2');
  finish([file('a.json', '1')]);
  for (let read = await reader.read(); !read.done; read = await reader.read()) text += read.value;
  expect(states(text)).toEqual([
    ['state', 'running', 0],
    ['progress', 'running', 2],
    ['state', 'succeeded', 2],
  ]);
  expect(text).toMatch(/id: end\n\n$/);
  expect(states(await (await app.request(`${JOBS}/${id}/events`)).text())).toEqual([
    ['state', 'succeeded', 2],
  ]);
  const headers = { 'Last-Event-ID': 'end' };
  expect((await app.request(`${JOBS}/${id}/events`, { headers })).status).toBe(204);
});

test('a client that returns with the id of its last event gets only what came after it', async () => {
  const { app, jobs } = await createJobsApp();
  const { order, started, finish, progress } = heldWork();
  const { id } = await jobs.submit(order);
  await started;
  progress.report({ done: 2, total: 4 });
  const follow = async (last: string) => {
    const headers = { 'Last-Event-ID': last };
    return (await app.request(`${JOBS}/${id}/events`, { headers })).text();
  };
  const followed = ['running-2-4', 'running-1-4', 'queued-0-0'].map(follow);
  await jobs.list();
  finish([file('a.json', '1')]);
  const seen = (await Promise.all(followed)).map((text) => states(text));
  const succeeded = ['state', 'succeeded', 2];
  expect(seen).toEqual([
    [succeeded],
    [['progress', 'running', 2], succeeded],
    [['state', 'running', 2], succeeded],
  ]);
});

test('events report what a running job has so far', async () => {
  const { app, jobs } = await createJobsApp();
  const { order, started, finish, progress } = heldWork();
  const { id } = await jobs.submit(order);
  await started;
  const preview = '{"so":"far"}';
  progress.report({ done: 1, total: 4, preview });
  const reader = (await app.request(`${JOBS}/${id}/events`)).body!.getReader();
  let text = '';
  const decoder = new TextDecoder();
  const until = async (part: string) => {
    while (!text.includes(part)) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`the events end without ${part}`);
      text += decoder.decode(value);
    }
  };
  await until('event: preview\ndata: {"so":"far"}\n\n');
  progress.report({ done: 2, total: 4 });
  await until('"done":2');
  expect(await jobs.preview(id)).toBeUndefined();
  progress.report({ done: 3, total: 4, preview });
  finish([file('a.json', '1')]);
  await until('id: end');
  expect(await jobs.preview(id)).toBeUndefined();
});

test('a client that disconnects gets no more events', async () => {
  const { app, jobs } = await createJobsApp();
  const watching = { now: 0 };
  const { watch } = jobs;
  vi.spyOn(jobs, 'watch').mockImplementation((id, onChange) => {
    watching.now++;
    const stop = watch(id, onChange);
    return () => {
      watching.now--;
      stop();
    };
  });
  const { id } = await jobs.submit(heldWork().order);
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  try {
    const client = new AbortController();
    const { signal } = client;
    const answer = await fetch(`${server.url}${JOBS}/${id}/events`, { signal });
    await answer.body!.getReader().read();
    expect(watching.now).toBe(1);
    client.abort();
    await vi.waitFor(() => expect(watching.now).toBe(0));
    const head = await fetch(`${server.url}${JOBS}/${id}/events`, { method: 'HEAD' });
    expect([head.status, watching.now]).toEqual([200, 0]);
  } finally {
    await server.close();
  }
});

test('events end when the service closes its jobs', async () => {
  const { app, jobs } = await createJobsApp();
  const { id } = await jobs.submit(heldWork().order);
  const events = (await app.request(`${JOBS}/${id}/events`)).text();
  await jobs.close();
  expect(states(await events).at(-1)).toEqual(['state', 'queued', 0]);
});
