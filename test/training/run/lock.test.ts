import { readdirSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { startHeartbeat } from '../../../training/run/heartbeat.js';
import { lockFile, withLock } from '../../../training/run/lock.js';
import { writeSmallSite } from '../../support/sites.js';
import { sharedFolder } from '../../support/store.js';
import { runTraining } from '../../support/training-process.js';

const folder = sharedFolder();
beforeAll(() => writeSmallSite(folder, 100, 20));

const silent = () => undefined;
/** A silence after which another host's lock is taken over, short or longer than a test. */
const IMPATIENT = { beat: 5, silence: 200, poll: 5 };
const PATIENT = { ...IMPATIENT, silence: 1e9 };

/** Writes this process's lock with some fields changed. */
async function lockedBy(name: string, changes: object): Promise<string> {
  const out = path.join(folder, name);
  const text = await withLock(out, silent, () => readFile(lockFile(out), 'utf8'));
  await mkdir(out);
  const since = '2026-01-02T03:04:05.000Z';
  await writeFile(lockFile(out), JSON.stringify({ ...JSON.parse(text), since, ...changes }));
  return out;
}

/** Touches a lock as its process would. */
async function keepAlive(out: string) {
  return startHeartbeat(lockFile(out), await readFile(lockFile(out), 'utf8'), 1);
}

test('of two processes that train one model, the second is rejected and the first continues', {
  timeout: 120_000,
}, async () => {
  const out = path.join(folder, 'trained');
  const args = `--data ${folder} --site small --recipe rf_cnn --epochs 3 --backend wasm --out ${out}`;
  let holder = '';
  const first = await withLock(out, silent, async () => {
    holder = await readFile(lockFile(out), 'utf8');
    const rejected = await runTraining(args.split(' '));
    const resumed = await runTraining([...args.split(' '), '--resume']);
    return [rejected, resumed];
  });
  for (const { end, output } of first) {
    expect(end).toBe(2);
    expect(output).toMatch(
      new RegExp(
        `^error: ${out} is in use by process ${process.pid} on this host since \\S+Z: wait until it ends, or choose another --out\\n$`,
      ),
    );
  }
  expect(JSON.parse(holder)).toMatchObject({ pid: process.pid, host: hostname() });

  const killed = await runTraining(args.split(' '), [{ at: /epoch 1\/3/, signal: 'SIGKILL' }]);
  expect(killed.end).toBe('SIGKILL');
  const { pid } = JSON.parse(await readFile(lockFile(out), 'utf8')) as { pid: number };
  const again = await runTraining([...args.split(' '), '--resume']);
  expect(again.end).toBe(0);
  expect(again.output).toContain(`${out}: process ${pid}, at work on it since `);
  expect(await readdir(out)).toEqual(['1']);
});

test('a living process, here or on another host, or an unknown one keeps its lock', async () => {
  const rejectionFor = (out: string, say: (line: string) => void = silent) =>
    withLock(out, say, async () => 'ran', { timing: PATIENT }).catch(
      (error: Error) => error.message,
    );
  const elsewhere = await lockedBy('elsewhere', { host: 'rig-2', pid: 1 });
  const heartbeat = await keepAlive(elsewhere);
  const said: string[] = [];
  expect(await rejectionFor(elsewhere, (line) => said.push(line))).toBe(
    `${elsewhere} is in use by process 1 on rig-2 since 2026-01-02T03:04:05.000Z: wait until it ` +
      'ends, or choose another --out',
  );
  await heartbeat.stop();
  expect(said).toEqual([
    `${elsewhere} may be in use by process 1 on rig-2 since 2026-01-02T03:04:05.000Z: waits up to ` +
      '1000000 s for a sign of its life',
  ]);
  const unknown = await lockedBy('unknown', { pid: 'x' });
  expect(await rejectionFor(unknown)).toMatch(/if no other process does, delete that file$/);
  const own = path.join(folder, 'own');
  const inner = await withLock(own, silent, () => rejectionFor(own));
  expect(inner).toContain(`in use by process ${process.pid} on this host`);
  await expect(readdir(own)).rejects.toThrow('ENOENT'); // Nothing was saved in this folder.
});

test('a lock that a lost host no longer touches is taken over', async () => {
  for (const changes of [{ host: 'rig-2' }, { boot: 'another' }, { namespace: 'another' }]) {
    const out = await lockedBy(`lost-${Object.keys(changes)}`, changes);
    const said: string[] = [];
    const ran = await withLock(
      out,
      (line) => said.push(line),
      async () => 'ran',
      {
        timing: IMPATIENT,
      },
    );
    expect(ran).toBe('ran');
    expect(said.at(-1)).toMatch(/, at work on it since 2026-01-02T03:04:05.000Z, has ended; taken/);
    expect(await readdir(out)).toEqual([]);
  }
});

test('a process that waits for its turn gets the lock when the other one releases it', async () => {
  const out = path.join(folder, 'turns');
  const order: string[] = [];
  const said: string[] = [];
  let second = Promise.resolve();
  await withLock(out, silent, async () => {
    const say = (line: string) => said.push(line);
    const work = async () => void order.push('second');
    second = withLock(out, say, work, { wait: true, timing: PATIENT });
    await vi.waitFor(() => expect(said[0]).toContain(': waits until it ends'));
    order.push('first');
  });
  await second;
  expect(order).toEqual(['first', 'second']);
});

test('a lock is touched while its process computes', async () => {
  const out = path.join(folder, 'computing');
  const touched = await withLock(
    out,
    silent,
    async () => {
      const first = statSync(lockFile(out)).mtimeMs;
      // The event loop is blocked, as by a batch of many neurons.
      let now = first;
      while (now === first) now = statSync(lockFile(out)).mtimeMs;
      return now - first;
    },
    { timing: IMPATIENT },
  );
  expect(touched).toBeGreaterThan(0);
});

test('no thread outlives its lock', async () => {
  const threads = () => readdirSync('/proc/self/task').length;
  const locked = () => withLock(path.join(folder, 'often'), silent, async () => undefined);
  await locked();
  const before = threads();
  for (let i = 0; i < 20; i++) await locked();
  expect(threads()).toBeLessThan(before + 10);
});

test('a process that lost its lock notices before it writes, and leaves the other its lock', async () => {
  const out = path.join(folder, 'overtaken');
  const other = await lockedBy('other', { host: 'rig-2', pid: 7 });
  const text = await readFile(lockFile(other), 'utf8');
  const confirmed = withLock(out, silent, async ({ confirm }) => {
    await confirm();
    await writeFile(lockFile(out), text);
    await confirm();
  });
  await expect(confirmed).rejects.toThrow(
    `${out} was taken over by process 7 on rig-2 since 2026-01-02T03:04:05.000Z: this process was`,
  );
  expect(await readFile(lockFile(out), 'utf8')).toBe(text);
  const deleted = withLock(`${out}-2`, silent, async ({ confirm }) => {
    await rm(lockFile(`${out}-2`));
    await confirm();
  });
  await expect(deleted).rejects.toThrow(`${out}-2/.lock was deleted: this process ends`);
});

test('a lock whose process id was reused by another process is taken over', async () => {
  const out = await lockedBy('given-again', { began: '1' });
  const said: string[] = [];
  const ran = await withLock(
    out,
    (line) => said.push(line),
    async () => 'ran',
  );
  expect(ran).toBe('ran');
  expect(said).toEqual([
    `${out}: process ${process.pid}, at work on it since 2026-01-02T03:04:05.000Z, has ended; taken over`,
  ]);
  expect(await readdir(out)).toEqual([]);
});

test('failing work releases its lock, and only one of many takes over a stale one', async () => {
  const out = await lockedBy('stale', { began: '1' });
  let working = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++working);
    await readFile(lockFile(out));
    working--;
    throw new Error('it failed');
  };
  const ends = await Promise.allSettled(
    Array.from({ length: 20 }, () => withLock(out, silent, work)),
  );
  expect(most).toBe(1);
  const reasons = ends.map((end) => (end.status === 'rejected' ? String(end.reason) : 'it ran'));
  expect(reasons).toContain('Error: it failed');
  expect(await readdir(out)).toEqual([]);
});

test('a place that cannot be written to is reported', async () => {
  const file = path.join(folder, 'train_img_small.npy');
  await expect(withLock(`${file}/x`, silent, async () => 'ran')).rejects.toThrow(
    /^--out .* cannot be written \(ENOTDIR.*\): put that right, or choose another --out$/,
  );
});

test('a link to a folder is written through; a link to nothing, to itself or to a file is named', async () => {
  const place = path.join(folder, 'links');
  await mkdir(path.join(place, 'real'), { recursive: true });
  await writeFile(path.join(place, 'file'), '');
  for (const [name, target] of [
    ['folder', 'real'],
    ['nothing', 'nowhere'],
    ['itself', 'itself'],
    ['a-file', 'file'],
  ] as const) {
    await symlink(target, path.join(place, name));
    const out = path.join(place, name);
    const working = withLock(
      out,
      () => {},
      async () => await readdir(path.join(place, 'real')),
    );
    if (name === 'folder') expect(await working).toEqual(['.lock']);
    else {
      await expect(working, name).rejects.toThrow(
        `--out ${out} is a link to ${target}, which is no folder; expected a link to a folder, or another --out`,
      );
    }
  }
  expect((await readdir(place)).toSorted()).toEqual([
    ...['a-file', 'file', 'folder', 'itself', 'nothing', 'real'],
  ]);
});
