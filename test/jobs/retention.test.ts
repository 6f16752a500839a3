import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { QueueAwayError } from '../../src/errors.js';
import { deleteOldJobs } from '../../src/jobs/retention.js';
import { file, heldWork, openTestJobs } from '../support/jobs.js';

const DAY = 86_400_000;

/** Two jobs that ended a day after each other, and one that runs. */
async function openThree() {
  const opened = await openTestJobs();
  const { jobs, time } = opened;
  for (const kind of ['first', 'second']) {
    const { order, finish } = heldWork(kind);
    const { id } = await jobs.submit(order);
    finish([file('a.json', '1')]);
    await vi.waitFor(async () => expect((await jobs.find(id))?.state).toBe('succeeded'));
    time.now += DAY;
  }
  const { order, started } = heldWork('running');
  await jobs.submit(order);
  await started;
  return opened;
}

test('a job that has been over for the given days is deleted, at the start or within an hour', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const { jobs, time } = await openThree();
  // The newest first, so that the first job goes after the second was looked at.
  const kindsBecome = (...kinds: string[]) =>
    vi.waitFor(async () => expect((await jobs.list()).map(({ kind }) => kind)).toEqual(kinds));
  const logger = pino({ level: 'silent' });
  const stop = deleteOldJobs({ jobs: () => jobs, days: 2, now: () => time.now, logger });
  onTestFinished(stop);
  await kindsBecome('running', 'second');
  time.now += DAY;
  vi.advanceTimersByTime(3_600_000);
  await kindsBecome('running');
  stop();
  expect(vi.getTimerCount()).toBe(0);
});

test('while jobs are away, nothing is deleted and nothing fails', async () => {
  const { jobs, time } = await openThree();
  const log: unknown[] = [];
  const logger = pino({ level: 'silent' });
  vi.spyOn(logger, 'warn').mockImplementation((...line: unknown[]) => void log.push(line));
  const common = { days: 0.001, now: () => time.now + DAY, logger };
  onTestFinished(deleteOldJobs({ ...common, jobs: () => ({ unusable: 'x' }) }));
  vi.spyOn(jobs, 'list').mockRejectedValueOnce(new QueueAwayError('away'));
  onTestFinished(deleteOldJobs({ ...common, jobs: () => jobs }));
  await vi.waitFor(() => expect(log).toHaveLength(1));
  expect(await jobs.list()).toHaveLength(3);
});
