import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createLock, LockHolder } from '../../src/files/lock.js';
import type { Jobs } from '../../src/jobs/jobs.js';
import { type OwnedJobs, openOwnedJobs } from '../../src/jobs/owned-jobs.js';
import { explainFailure } from '../../src/server/jobs.js';
import { heldWork, runHeld } from '../support/jobs.js';
import { temporaryFolder } from '../support/store.js';

const SINCE = '2026-01-02T03:04:05.000Z';
/** In milliseconds: short, except for what must not happen in a test. */
const TIMING = { beat: 2, silence: 1e9 };

async function open(folder: string, timing = TIMING) {
  const log: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line)) });
  const time = { now: 0 };
  const clock = vi.fn(() => time.now);
  const owned = await openOwnedJobs({
    folder,
    maxStored: 9,
    maxWaiting: 9,
    concurrency: 1,
    run: runHeld(folder),
    now: Date.now,
    logger,
    timing,
    clock,
    explain: explainFailure,
  });
  onTestFinished(() => owned.close());
  /** Resolves when it has read the lock of another twice from now on: the first read may be under way. */
  const lockRead = async () => {
    const calls = clock.mock.calls.length + 4;
    await vi.waitFor(() => expect(clock.mock.calls.length).toBeGreaterThan(calls));
  };
  return { owned, log, time, lockRead, file: path.join(folder, '.lock') };
}

/** Writes the lock of this process with some fields changed. */
async function lockedBy(holder: Partial<LockHolder>): Promise<string> {
  const folder = await temporaryFolder();
  const { owned, file } = await open(folder);
  const own = LockHolder.parse(JSON.parse(readFileSync(file, 'utf8')));
  await owned.close();
  writeFileSync(file, JSON.stringify({ ...own, since: SINCE, ...holder }));
  return folder;
}

function jobsOf({ current }: OwnedJobs): Jobs {
  if ('unusable' in current) throw new Error(current.unusable);
  return current;
}
const rejectionFor = ({ current }: OwnedJobs) => ('unusable' in current ? current.unusable : null);
const inUse = (where: string, pid = process.pid, since = SINCE) =>
  `another service has them, process ${pid} on ${where} since ${since}; stop it, or start this one ` +
  'with another DATA_DIR';

test('of two services on one folder one has the jobs, and the other once the first releases them', async () => {
  const folder = await temporaryFolder();
  const { owned: first, file } = await open(folder);
  const { id } = await jobsOf(first).submit(heldWork().order);
  const { owned: second, log } = await open(folder);
  const { since } = LockHolder.parse(JSON.parse(readFileSync(file, 'utf8')));
  const reason = inUse('this host', process.pid, since);
  expect(rejectionFor(second)).toBe(reason);
  expect(log).toMatchObject([{ level: 50, msg: `no jobs: ${reason}` }]);
  expect((await jobsOf(first).find(id))?.state).toBe('running');
  await first.close();
  await vi.waitFor(async () => expect((await jobsOf(second).find(id))?.state).toBe('running'));
  await second.close();
  expect(existsSync(file)).toBe(false);
});

test.each([
  ['whose process has ended', { pid: 2 ** 22 }],
  ['whose number another process has since', { began: '1' }],
])('a lock %s is taken over immediately', async (_, holder) => {
  const { owned, log } = await open(await lockedBy(holder));
  expect(await jobsOf(owned).list()).toEqual([]);
  expect(log[0]).toMatchObject({ level: 40, from: { since: SINCE } });
});

test.each([
  ['on another host', { host: 'rig-2' }, 'rig-2'],
  ['in another container', { namespace: 'pid:[1]', began: '1' }, 'this host'],
  ['before or after a restart of the machine', { boot: 'another', began: '1' }, 'this host'],
])('a lock of a process %s is kept while it is touched', async (_, holder, where) => {
  const folder = await lockedBy(holder);
  const { owned, log, file, time, lockRead } = await open(folder, { beat: 2, silence: 100 });
  for (let minute = 1; minute < 4; minute++) {
    utimesSync(file, 60 * minute, 60 * minute);
    await lockRead();
    time.now += 100;
    await lockRead();
    expect(rejectionFor(owned)).toBe(inUse(where));
  }
  time.now += 1;
  await vi.waitFor(async () => expect(await jobsOf(owned).list()).toEqual([]));
  expect(log.map(({ msg }) => msg)).toContain(
    'the service that had the jobs has ended; they are taken over',
  );
});

test('an empty lock is taken over when no service renews it', async () => {
  const folder = await temporaryFolder();
  writeFileSync(path.join(folder, '.lock'), '');
  const { owned, time } = await open(folder, { beat: 2, silence: 20 });
  expect(rejectionFor(owned)).toMatch(/^another service may have them, the file jobs\/\.lock/);
  time.now += 21;
  await vi.waitFor(async () => expect(await jobsOf(owned).list()).toEqual([]));
});

test('a service that was taken for dead writes nothing more and logs it', async () => {
  const folder = await temporaryFolder();
  const { owned, log, file } = await open(folder);
  const jobs = jobsOf(owned);
  const { order, seen } = heldWork();
  const { id } = await jobs.submit(order);
  await vi.waitFor(() => expect(readFileSync(`${folder}/${id}.json`, 'utf8')).toContain('running'));
  const before = readFileSync(path.join(folder, `${id}.json`), 'utf8');
  const own = LockHolder.parse(JSON.parse(readFileSync(file, 'utf8')));
  writeFileSync(file, JSON.stringify({ ...own, host: 'rig-2', since: SINCE }));
  await vi.waitFor(() => expect(rejectionFor(owned)).toBe(inUse('rig-2')));
  await vi.waitFor(async () => expect((await jobs.find(id))?.state).toBe('queued'));
  expect(seen.signal?.aborted).toBe(true);
  expect(readFileSync(path.join(folder, `${id}.json`), 'utf8')).toBe(before);
  expect(log.at(-1)).toMatchObject({ level: 50, msg: `no jobs: ${inUse('rig-2')}` });
  await owned.close();
  expect(existsSync(file)).toBe(true);
});

test('a deleted lock is written again', async () => {
  const folder = await temporaryFolder();
  const { owned, file } = await open(folder);
  const text = readFileSync(file, 'utf8');
  rmSync(file);
  await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toBe(text));
  expect(rejectionFor(owned)).toBeNull();
});

test('after a takeover that was killed midway, the message names the file to delete', async () => {
  const folder = await lockedBy({ began: '1' });
  await createLock(path.join(folder, '.lock.taking'), 'x');
  const { owned } = await open(folder);
  expect(rejectionFor(owned)).toMatch(/if none does, delete .*\.lock\.taking$/);
  rmSync(path.join(folder, '.lock.taking'));
  await vi.waitFor(async () => expect(await jobsOf(owned).list()).toEqual([]));
  expect(readdirSync(folder)).toEqual(['.lock']);
});
