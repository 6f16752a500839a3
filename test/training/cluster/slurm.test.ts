import { execFile } from 'node:child_process';
import { access, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, vi } from 'vitest';
import { testWith } from '../../support/capabilities.js';
import { writePartOfRecording, writeSmallSite } from '../../support/sites.js';
import { slurm, startSlurm } from '../../support/slurm.js';
import { temporaryFolder } from '../../support/store.js';
import { runTraining } from '../../support/training-process.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/src/cli/hypercolumn.js', import.meta.url));
const PART = { neurons: 6, training: 100, validation: 20 };
const execute = promisify(execFile);
const test = testWith(slurm());

const exists = (file: string) => access(file);

test('shards on Slurm, one of them on a node that is lost, merge to the bytes of one local training', {
  timeout: 180_000,
}, async () => {
  const folder = path.join(await temporaryFolder(), "it's a folder");
  const recording = process.env['V4_RECORDING'];
  if (recording === undefined) await writeSmallSite(folder, 100, 20, PART.neurons);
  else await writePartOfRecording(folder, recording, PART);
  const whole = path.join(folder, 'whole');
  const out = path.join(folder, 'sharded');
  const [cluster, local] = await Promise.all([startSlurm(3), runTraining(training(whole))]);
  expect(local.end).toBe(0);

  const submitted = await submit(out, '--shards', '3');
  const [, tasks = '', merge = ''] =
    /as job (\d+), and their merge as job (\d+)/.exec(submitted) ?? [];
  expect(submitted).toContain(`\n  cancel  scancel ${tasks} ${merge}\n`);
  await vi.waitFor(() => exists(`${out}.shards/1-of-3/.training/checkpoint.json`), {
    timeout: 60_000,
    interval: 10,
  });
  const node = await cluster.run('squeue', '--noheader', '--format=%N', `--jobs=${tasks}_1`);
  cluster.lose(node.trim());

  // Meanwhile the other nodes train an ensemble.
  const ensemble = path.join(folder, 'seed-{seed}');
  await submit(ensemble, '--each', 'seed=1,2', '--epochs', '1');
  await vi.waitFor(async () => expect(await states(ensemble)).toEqual(['done', 'done']), {
    timeout: 60_000,
    interval: 250,
  });

  await vi.waitFor(() => exists(`${out}/1/card.json`), { timeout: 120_000, interval: 250 });
  const weights = (model: string) => readFile(path.join(model, '1', 'weights.safetensors'));
  expect((await weights(out)).equals(await weights(whole))).toBe(true);
  const log = await readFile(`${out}.slurm/1.log`, 'utf8');
  const lost = `process \\d+ on ${node.trim()}`;
  expect(log).toMatch(new RegExp(`is in use by ${lost} since .*: waits until it ends`));
  expect(log).toMatch(new RegExp(`${lost}, at work on it since .*, has ended; taken over`));
  expect(log).toMatch(/; continues with population 1\/2, epoch \d/);
  expect(await readdir(`${out}.shards/1-of-3`)).toEqual(['1']);
  expect(await states(out)).toEqual(['done', 'done', 'done']);

  // When a shard fails, nothing is merged.
  const failing = path.join(folder, 'failing');
  await cluster.run('scontrol', 'update', 'PartitionName=all', 'State=DOWN');
  await submit(failing, '--shards', '3');
  await rm(path.join(folder, 'val_img_small.npy'));
  await cluster.run('scontrol', 'update', 'PartitionName=all', 'State=UP');
  const queued = () => cluster.run('squeue', '--noheader');
  await vi.waitFor(async () => expect(await queued()).toBe(''), { timeout: 60_000, interval: 250 });
  expect(await readdir(folder)).not.toContain('failing');
  expect(await states(failing)).toEqual(['failed', 'failed', 'failed']);
  expect(await readFile(`${failing}.slurm/0.log`, 'utf8')).toContain('val_img_small.npy cannot be');

  function training(model: string): string[] {
    const options = '--site small --recipe rf_cnn --epochs 5 --chunk 1 --backend wasm';
    return ['--data', folder, ...options.split(' '), '--out', model];
  }

  function submit(model: string, ...words: string[]): Promise<string> {
    return hypercolumn('train', ...training(model), '--on', 'slurm', ...words);
  }

  async function states(model: string): Promise<string[]> {
    const { tasks } = JSON.parse(await hypercolumn('status', model, '--json'));
    return tasks.map(({ state }: { state: string }) => state);
  }

  async function hypercolumn(...words: string[]): Promise<string> {
    const { environment: env } = cluster;
    return (await execute(process.execPath, [PROGRAM, ...words], { env })).stdout;
  }
});
