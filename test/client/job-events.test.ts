import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { followJob, type Job } from '../../src/client/job-events.js';
import { Problem } from '../../src/client/problem.js';
import type { AscentPreview } from '../../src/experiments/preferred-stimulus/schemas.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const job: Job = {
  id: 'a'.repeat(32),
  kind: 'preferred-stimulus',
  model: { name: 'demo', version: 1, digest: 'd' },
  data: null,
  state: 'running',
  priority: 'normal',
  created: '2026-11-24T14:00:15.426Z',
  started: '2026-11-24T14:00:15.427Z',
  ended: null,
  reason: null,
  result: [],
  progress: { done: 0, total: 8, secondsLeft: null },
};

function stream(...jobs: Job[]): Response {
  const events = jobs.map((each) => `event: progress\ndata: ${JSON.stringify(each)}\n\n`);
  return new Response(events.join(''), { headers: { 'Content-Type': 'text/event-stream' } });
}

function done(steps: number): Job {
  return { ...job, progress: { ...job.progress, done: steps } };
}

/** Follows a job of a service that gives these responses one after the other. */
function follow(...answers: (() => Promise<Response>)[]) {
  const seen: (number | string)[] = [];
  const asked: string[] = [];
  const controller = new AbortController();
  const service = {
    origin: 'http://here',
    send: (input: unknown) => {
      asked.push(String(input));
      return answers.shift()!();
    },
  };
  const follower = {
    onJob: ({ state, progress }: Job) => seen.push(state === 'running' ? progress.done : state),
    onPreview: ({ neuron }: AscentPreview) => seen.push(`neuron ${neuron}`),
    onLost: () => seen.push('lost'),
  };
  const ended = followJob(service, job.id, follower, controller.signal);
  return { seen, asked, controller, ended };
}

const over = { ...job, state: 'succeeded' } as const;

test('a job is followed until it ends', async () => {
  const { seen, asked, ended } = follow(async () => stream(done(4), done(8), over));
  await ended;
  expect(seen).toEqual([4, 8, 'succeeded']);
  expect(asked).toEqual([`http://here/v1/jobs/${job.id}/events`]);
});

test('a partial result is delivered with the progress', async () => {
  const preview = { neuron: 2, shape: [1, 1, 1], pixels: 'gA==' };
  const reported = [
    ['state', job],
    ['preview', preview],
    ['state', over],
  ] as const;
  const text = reported.map(
    ([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
  );
  const { seen, ended } = follow(async () => new Response(text.join('')));
  await ended;
  expect(seen).toEqual([0, 'neuron 2', 'succeeded']);
});

test('a stream that breaks and a service that is down are retried, ever later', async () => {
  const broken = new ReadableStream({
    pull: (controller) => controller.error(new TypeError('network error')),
  });
  const { seen, asked, ended } = follow(
    async () => stream(done(4)),
    async () => new Response(broken),
    () => Promise.reject(new Problem(0, 'away')),
    async () => new Response('{}', { status: 503 }),
    async () => stream(over),
  );
  await vi.advanceTimersByTimeAsync(499);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1000 + 2000);
  expect(asked).toHaveLength(4);
  await vi.advanceTimersByTimeAsync(4000);
  await ended;
  expect(seen).toEqual([4, 'lost', 'lost', 'lost', 'lost', 'succeeded']);
});

test.each([401, 403, 404])('an error with %i is reported and not retried', async (status) => {
  const detail = 'there is no such job';
  const { ended, asked } = follow(async () => Response.json({ detail }, { status }));
  await expect(ended).rejects.toEqual(new Problem(status, detail));
  expect(asked).toHaveLength(1);
});

test('a client that stops following gets no more events', async () => {
  const { seen, asked, controller, ended } = follow(async () => stream(done(4)));
  await vi.advanceTimersByTimeAsync(100);
  controller.abort();
  await ended;
  expect(seen).toEqual([4, 'lost']);
  expect(asked).toHaveLength(1);
});
