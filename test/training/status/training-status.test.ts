import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { openBackend } from '../../../src/network/backends/open.js';
import type { ProgramEnd } from '../../../training/cluster/slurm/run-program.js';
import { createMergeCommand } from '../../../training/merge-command.js';
import { lockFile, withLock } from '../../../training/run/lock.js';
import { createStatusCommand, describeStatus } from '../../../training/status/status-command.js';
import { readTrainingStatus } from '../../../training/status/training-status.js';
import { createTrainCommand } from '../../../training/train-command.js';
import { fakeMachine } from '../../support/machine.js';
import { writeSmallSite } from '../../support/sites.js';
import { sharedFolder, temporaryFolder } from '../../support/store.js';

const data = sharedFolder();
let out = '';
beforeAll(async () => {
  await writeSmallSite(data, 40, 20, 4);
  await openBackend('wasm');
});
beforeEach(async () => {
  out = path.join(await temporaryFolder(), 'm');
});

const NO_SLURM: ProgramEnd = { code: 'ENOENT', stdout: '', stderr: '' };
const answering = (end: Partial<ProgramEnd>) => async () => ({
  ...{ code: 0, stdout: '', stderr: '' },
  ...end,
});
const statusOf = (squeue: Partial<ProgramEnd> = NO_SLURM) =>
  readTrainingStatus(out, answering(squeue));

/** Runs `train`; where a line of its output matches, `at` is awaited by the end, or a signal is sent. */
async function train(
  words: string,
  {
    interruptAt,
    onLine,
    sbatch,
  }: { interruptAt?: RegExp; onLine?: () => void; sbatch?: string } = {},
): Promise<void> {
  const { machine, signals } = fakeMachine();
  machine.stream.write = (text: string | Uint8Array) => {
    if (interruptAt?.test(String(text))) signals.emit('SIGTERM');
    onLine?.();
    return true;
  };
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const fixed = `--data ${data} --site small --recipe rf_cnn --backend wasm --chunk 1 --out ${out}`;
  try {
    await createTrainCommand({}, machine, answering({ stdout: sbatch ?? '' })).parseAsync(
      `${fixed} ${words}`.split(' '),
      { from: 'user' },
    );
  } catch (error) {
    if (interruptAt === undefined) throw error;
  } finally {
    log.mockRestore();
  }
}

async function merge(): Promise<void> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await createMergeCommand().parseAsync(['--out', out], { from: 'user' });
  log.mockRestore();
}

test('a training here is running, interrupted and done, with its neurons, loss and CORR', async () => {
  await expect(statusOf()).rejects.toThrow(`there is no training in ${out}; expected the --out of`);
  const during: ReturnType<typeof statusOf>[] = [];
  await train('--epochs 2', {
    interruptAt: /^population 3\/4, epoch 1/,
    onLine: () => during.push(statusOf().catch((error) => error)),
  });
  const running = (await Promise.all(during)).filter(({ tasks }) => tasks?.[0]?.position);
  expect(running[0]).toMatchObject({ slurm: null, merge: null });
  expect(running[0]!.tasks[0]).toMatchObject({ label: 'm', state: 'running', reason: '' });

  const { tasks, neurons, done } = await statusOf();
  expect(neurons).toEqual({ done: 2, all: 4 });
  expect(done).toBe(5 / 8);
  expect(tasks[0]).toMatchObject({
    state: 'interrupted',
    reason: expect.stringContaining('--resume to continue'),
    position: 'population 3/4, epoch 1/2',
    loss: expect.any(Number),
  });
  await train('--epochs 2 --resume');
  const finished = await statusOf();
  expect(finished).toMatchObject({ neurons: { done: 4, all: 4 }, done: 1 });
  expect(finished.tasks[0]).toMatchObject({ state: 'done', position: 'epoch 2/2', lastSign: null });
  const card = JSON.parse(await readFile(`${out}/1/card.json`, 'utf8'));
  const mean = card.neurons.reduce((sum: number, { CORR }: { CORR: number }) => sum + CORR / 4, 0);
  expect(finished.tasks[0]?.CORR).toBeCloseTo(mean, 12);
});

test('a process that was killed, here or on another machine, is lost', async () => {
  await train('--epochs 2', { interruptAt: /epoch 1/ });
  const record = path.join(out, '.progress.json');
  const text = await readFile(record, 'utf8');
  await writeFile(record, JSON.stringify({ ...JSON.parse(text), end: null }));
  expect((await statusOf()).tasks[0]).toMatchObject({ state: 'lost' });
  const lock = await withLock(out, console.error, () => readFile(lockFile(out), 'utf8'));
  await writeFile(lockFile(out), JSON.stringify({ ...JSON.parse(lock), host: 'rig-2' }));
  expect((await statusOf()).tasks[0]).toMatchObject({ state: 'running' });
  const before = new Date(1000 * Math.floor(Date.now() / 1000) - 120_000);
  await utimes(lockFile(out), before, before);
  expect((await statusOf()).tasks[0]).toMatchObject({
    state: 'lost',
    lastSign: before.toISOString(),
  });
});

test('each shard has its state, and so has their merge', async () => {
  await train('--epochs 1 --shard 1/2');
  const half = await statusOf();
  expect(half.tasks.map(({ label, state }) => `${label} ${state}`)).toEqual([
    'shard 0/2 not begun',
    'shard 1/2 done',
  ]);
  expect(half).toMatchObject({
    neurons: { done: 2, all: null },
    done: 0.5,
    merge: { state: 'not begun' },
  });
  await train('--epochs 1 --shard 0/2');
  await merge();
  expect(await statusOf()).toMatchObject({
    neurons: { done: 4, all: 4 },
    merge: { state: 'done' },
  });
});

test('with Slurm, tasks are queued, running, failed or done, whatever was trained there before', async () => {
  await train('--epochs 1 --shard 0/2');
  await train('--epochs 2 --on slurm --shards 2', { sbatch: '7' });
  const states = async (squeue: Partial<ProgramEnd>) => {
    const { tasks, merge } = await statusOf(squeue);
    return [...tasks, merge!].map(({ state, reason }) => `${state}:${reason}`);
  };
  const waiting = '7_0|PENDING|Resources|\n7_1|RUNNING|None|n2\n7|PENDING|Dependency|\n';
  expect(await states({ stdout: waiting })).toEqual([
    'queued:Resources',
    'running:on n2',
    'queued:Dependency',
  ]);
  const ended = '7_0|TIMEOUT|TimeLimit|n1\n7_1|FAILED|NonZeroExitCode|n2\n';
  expect(await states({ stdout: ended })).toEqual([
    'failed:TIMEOUT',
    'failed:FAILED',
    'failed:a shard is not done',
  ]);
  const forgotten = { code: 1, stderr: 'slurm_load_jobs error: Invalid job id specified\n' };
  expect(await states(forgotten)).toEqual([
    'failed:Slurm no longer knows the job',
    'failed:Slurm no longer knows the job',
    'failed:a shard is not done',
  ]);
  const { slurm, neurons } = await statusOf();
  expect(slurm).toMatchObject({ jobs: { tasks: '7', merge: '7' }, answers: false });
  expect(neurons).toEqual({ done: 0, all: 4 });
  expect(await states(NO_SLURM)).toEqual(['not begun:', 'not begun:', 'not begun:']);

  for (const shard of ['0/2', '1/2']) await train(`--epochs 2 --shard ${shard}`);
  await merge();
  expect(await states(forgotten)).toEqual(['done:', 'done:', 'done:']);
});

test('an older model does not count as merged', async () => {
  for (const seed of [1, 2]) {
    for (const shard of ['0/2', '1/2']) await train(`--epochs 1 --seed ${seed} --shard ${shard}`);
    expect((await statusOf()).merge).toEqual({ state: 'not begun', reason: '' });
    await merge();
    expect((await statusOf()).merge).toEqual({ state: 'done', reason: '' });
  }
});

test('a submitted merge that failed is failed, whatever model is there, and its log says why', async () => {
  for (const shard of ['0/2', '1/2']) await train(`--epochs 1 --shard ${shard}`);
  await merge();
  const log = path.join(out, '..', 'm.slurm', 'merge.log');
  await mkdir(path.dirname(log));
  await writeFile(log, 'error: of an earlier merge\n');
  const before = new Date(Date.now() - 10_000);
  await utimes(log, before, before);
  await train('--epochs 1 --on slurm --shards 2', { sbatch: '7' });
  const mergeOf = async (squeue?: Partial<ProgramEnd>) => (await statusOf(squeue)).merge;
  const failed = { stdout: '7|FAILED|NonZeroExitCode|n1\n' };
  expect(await mergeOf()).toEqual({ state: 'not begun', reason: '' });
  expect(await mergeOf({ stdout: '7|PENDING|Priority|\n' })).toEqual({
    state: 'queued',
    reason: 'Priority',
  });
  expect(await mergeOf(failed)).toEqual({
    state: 'failed',
    reason: `FAILED; its log is ${log}`,
  });
  await writeFile(log, 'error: of an earlier merge\nerror: neuron 3 is in none of the shards\n\n');
  const reason = 'error: neuron 3 is in none of the shards';
  for (const squeue of [undefined, failed, { stdout: '' }]) {
    expect(await mergeOf(squeue)).toEqual({ state: 'failed', reason });
  }
  await merge();
  for (const squeue of [undefined, failed]) {
    expect(await mergeOf(squeue)).toEqual({ state: 'done', reason: '' });
  }
});

test('a long reason is written below the table, and says what to do next', async () => {
  await train('--epochs 2 --shard 0/2', { interruptAt: /epoch 1/ });
  const place = `${out}.shards/0-of-2`;
  const [, heading, row, , note] = describeStatus(await statusOf(), Date.now()).split('\n');
  expect(heading).toMatch(/^task {7}state {8}neurons/);
  expect(row).toMatch(/^shard 0\/2 {2}interrupted {2}0\/2 /);
  expect(note).toMatch(
    /^shard 0\/2: interrupted; .*: run the same command with --resume to continue$/,
  );

  const record = path.join(place, '.progress.json');
  const text = await readFile(record, 'utf8');
  await writeFile(record, JSON.stringify({ ...JSON.parse(text), end: null }));
  expect(describeStatus(await statusOf(), Date.now())).toContain(
    '\nshard 0/2: its process has ended, or its machine is lost: run the same command with --resume',
  );
  const failed = { state: 'failed', message: 'a first line\n  and a second one of a message' };
  await writeFile(record, JSON.stringify({ ...JSON.parse(text), end: failed }));
  expect(describeStatus(await statusOf(), Date.now())).toContain(
    '\nshard 0/2: a first line and a second one of a message\n',
  );
});

test('a folder near a training is answered with the folder to give', async () => {
  const folder = path.dirname(out);
  const expected = (given: string, ...near: string[]) =>
    expect(readTrainingStatus(given, answering(NO_SLURM))).rejects.toThrow(
      new InputError(
        `there is no training in ${given}; expected the --out of a training, such as ${near.join(' or ')}`,
      ),
    );
  for (const name of ['m/1', 'a/2', 'b.shards/0-of-2', 'none', 'c.slurm', 'm.shards']) {
    await mkdir(path.join(folder, name), { recursive: true });
  }
  await expected(`${out}/1`, out);
  await expected(folder, ...['a', 'b', 'c'].map((name) => path.join(folder, name)));
});

test('the command prints a table, or JSON', async () => {
  await train('--epochs 2 --on slurm --shards 2', { sbatch: '7' });
  const squeue = answering({ stdout: '7_0|PENDING|Resources|\n7_1|RUNNING|None|n2\n' });
  const printed = async (...words: string[]) => {
    const lines: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((line: string) => lines.push(line));
    await createStatusCommand(squeue).parseAsync([out, ...words], { from: 'user' });
    log.mockRestore();
    return lines.join('\n');
  };
  const status = JSON.parse(await printed('--json'));
  expect(status).toEqual(JSON.parse(JSON.stringify(await readTrainingStatus(out, squeue))));
  const later = Date.parse(status.slurm.submitted) + 7_200_000;
  expect(describeStatus(status, later)).toBe(
    `${out}: 0 of 4 neurons are trained, 0 % of the work is done
Slurm: jobs 7 and 7, submitted 2 h 0 min ago
task       state               neurons  position  loss  CORR  last sign of life
shard 0/2  queued (Resources)  0/2      -         -     -     -
shard 1/2  running (on n2)     0/2      -         -     -     -
merge: failed (a shard is not done)`,
  );
  expect(await printed()).toContain('\nshard 1/2  running (on n2)     0/2      -');
  await rm(path.join(out, '..', 'm.slurm'), { recursive: true });
  await mkdir(out, { recursive: true });
  await expect(printed()).rejects.toThrow('there is no training in');
});
