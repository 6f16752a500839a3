import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { lockFile, withLock } from '../../../training/run/lock.js';
import { writeSmallSite } from '../../support/sites.js';
import { sharedFolder } from '../../support/store.js';
import { runTraining } from '../../support/training-process.js';

const folder = sharedFolder();
beforeAll(() => writeSmallSite(folder, 100, 20));

const silent = () => undefined;

/** Writes a lock as another process would, with some fields changed. */
async function lockedBy(name: string, holder: object): Promise<string> {
  const out = path.join(folder, name);
  await mkdir(out);
  const since = '2026-01-02T03:04:05.000Z';
  const whole = { pid: process.pid, host: hostname(), began: null, since, ...holder };
  await writeFile(lockFile(out), JSON.stringify(whole));
  return out;
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

test('the lock of another host, a living process or an unknown owner is kept', async () => {
  const rejectionFor = (out: string) =>
    withLock(out, silent, async () => 'ran').catch((error: Error) => error.message);
  const elsewhere = await lockedBy('elsewhere', { host: 'rig-2', pid: 1 });
  expect(await rejectionFor(elsewhere)).toBe(
    `${elsewhere} is in use by process 1 on rig-2 since 2026-01-02T03:04:05.000Z: wait until it ` +
      `ends, or choose another --out; if it has ended, delete ${elsewhere}/.lock`,
  );
  const unknown = await lockedBy('unknown', { pid: 'x' });
  expect(await rejectionFor(unknown)).toMatch(/if no other process does, delete that file$/);
  const own = path.join(folder, 'own');
  const inner = await withLock(own, silent, () => rejectionFor(own));
  expect(inner).toContain(`in use by process ${process.pid} on this host`);
  await expect(readdir(own)).rejects.toThrow('ENOENT'); // Nothing was saved in this folder.
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
