import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { ProgramEnd } from '../../../training/cluster/slurm/run-program.js';
import { readSubmission } from '../../../training/cluster/submission.js';
import { createTrainCommand } from '../../../training/train-command.js';
import { fakeMachine } from '../../support/machine.js';
import { writeSmallSite } from '../../support/sites.js';
import { sharedFolder, temporaryFolder } from '../../support/store.js';

const data = path.join(sharedFolder(), "it's data");
let out = '';
beforeAll(() => writeSmallSite(data, 60, 20, 6));
beforeEach(async () => {
  out = path.join(await temporaryFolder(), "it's a folder", 'm');
});

const DONE: ProgramEnd = { code: 0, stdout: '', stderr: '' };

/** Runs `train` with answers of Slurm's programs, and returns what it printed and what it ran. */
async function train(
  words: readonly string[],
  changes: Readonly<Record<string, string | undefined>> = {},
  answer: (program: string, args: readonly string[]) => ProgramEnd = () => ({
    ...DONE,
    stdout: '7\n',
  }),
) {
  const ran: string[][] = [];
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((text: string) => printed.push(text));
  const run = async (program: string, args: readonly string[]) => {
    ran.push([program, ...args]);
    return answer(program, args);
  };
  const command = createTrainCommand({}, fakeMachine().machine, run);
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  const options = { data, site: 'small', recipe: 'rf_cnn', out, ...changes };
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  try {
    await command.parseAsync([...given, ...words], { from: 'user' });
    return { error: '', ran, printed: printed.join('\n') };
  } catch (error) {
    return { error: (error as Error).message, ran, printed: printed.join('\n') };
  } finally {
    log.mockRestore();
  }
}

const ON_SLURM = ['--on', 'slurm', '--shards', '3'];

test('the options of a task become options of sbatch', async () => {
  const limits = ['--partition', 'gpu', '--time', '12:00:00', '--memory', '16G', '--cpus', '4'];
  const others = [
    '--parallel',
    '2',
    '--gpus',
    '1',
    '--sbatch-option',
    'account=lab',
    '--sbatch-option',
    'exclusive',
  ];
  const { ran, printed } = await train([...ON_SLURM, ...limits, ...others]);
  const shared = [
    '--partition=gpu',
    '--time=12:00:00',
    '--mem=16G',
    '--account=lab',
    '--exclusive',
  ];
  const [tasks, merge] = ran as [string[], string[]];
  expect(tasks).toEqual([
    ...['sbatch', '--parsable', '--requeue', '--job-name=m', `--output=${out}.slurm/%a.log`],
    ...['--open-mode=append', ...shared, '--array=0-2%2', '--cpus-per-task=4', '--gpus=1'],
    `${out}.slurm/tasks.sh`,
  ]);
  expect(merge).toEqual([
    ...['sbatch', '--parsable', '--requeue', '--job-name=m.merge'],
    ...[`--output=${out}.slurm/merge.log`, '--open-mode=append', ...shared],
    ...['--dependency=afterok:7', '--kill-on-invalid-dep=yes', `${out}.slurm/merge.sh`],
  ]);
  expect(printed).toBe(
    [
      'submitted 3 tasks to Slurm as job 7, and their merge as job 7',
      `  follow  hypercolumn status '${out.replace("'", "'\\''")}'`,
      '          squeue --jobs 7,7',
      '  cancel  scancel 7 7',
      `  logs    '${out.replace("'", "'\\''")}.slurm'/`,
    ].join('\n'),
  );
});

test('a script runs this program with the options of the training, quoted, and a share', async () => {
  const seen = await temporaryFolder();
  const node = path.join(seen, 'a node');
  await writeFile(node, `#!/bin/sh\nprintf '%s\\0' "$@" "threads: $TF_NUM_INTRAOP_THREADS"\n`);
  await chmod(node, 0o755);
  const execPath = vi.spyOn(process, 'execPath', 'get').mockReturnValue(node);
  const options = ['--seed', '3', '--unit', 'spikes / $s', '--allow-few', '--chunk', '2'];
  await train([...ON_SLURM, ...options, '--resume']);
  execPath.mockRestore();
  const words = (script: string, task?: string) => {
    const { stdout, status, stderr } = spawnSync('bash', [`${out}.slurm/${script}`], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], SLURM_ARRAY_TASK_ID: task, SLURM_CPUS_PER_TASK: '3' },
    });
    return status === 0 ? stdout.split('\0').slice(1, -1) : stderr.trim();
  };
  const shared = ['--site', 'small', '--recipe', 'rf_cnn', '--out', out];
  const task = words('tasks.sh', '2');
  expect(task).toEqual(expect.arrayContaining(['--data', data, ...shared, ...options]));
  expect(task).toHaveLength(1 + 2 + shared.length + options.length + 5);
  expect(task.slice(-5)).toEqual(['--resume', '--wait', '--shard', '2/3', 'threads: 3']);
  expect(words('tasks.sh', '3')).toBe('there is no task 3; expected 0 to 2');
  expect(words('tasks.sh')).toBe(
    'SLURM_ARRAY_TASK_ID is not set; expected 0 to 2: submit this script with --array=0-2',
  );
  expect(words('merge.sh')).toEqual(['merge', '--out', out, 'threads: ']);
});

test('a training whose jobs are in the queue is not submitted again', async () => {
  const slurm = (squeue: string) => (program: string, args: readonly string[]) => {
    if (program === 'squeue') return { ...DONE, stdout: squeue };
    const isMerge = args.some((word) => word.startsWith('--dependency'));
    return { ...DONE, stdout: isMerge ? '8\n' : '7\n' };
  };
  const first = await train(ON_SLURM, {}, slurm(''));
  expect(first.ran.map(([program]) => program)).toEqual(['sbatch', 'sbatch']);
  const record = await readSubmission(out);
  const follow = `follow them with hypercolumn status '${out.replace("'", "'\\''")}'`;
  const refused = async (squeue: string, message: string) => {
    const { error, ran } = await train(ON_SLURM, {}, slurm(squeue));
    expect(error).toBe(message);
    expect(ran.map(([program]) => program)).toEqual(['squeue']);
  };
  await refused(
    '7_0|COMPLETED|None|n1\n7_1|PENDING|Resources|\n8|PENDING|Dependency|\n',
    `jobs 7 and 8 of this training are still in the queue; expected none: scancel 7 8, or ${follow}`,
  );
  await refused(
    '7_0|COMPLETED|None|n1\n8|RUNNING|None|n1\n',
    `job 8 of this training is still in the queue; expected none: scancel 8, or ${follow}`,
  );
  expect(await readSubmission(out)).toEqual(record);
  const ended = '7_0|TIMEOUT|TimeLimit|n1\n8|CANCELLED|None|\n70|RUNNING|None|n2\n';
  expect((await train(ON_SLURM, {}, slurm(ended))).error).toBe('');
  expect((await train(ON_SLURM, {}, slurm(''))).error).toBe('');
});

test('shards of another number are named before anything is submitted', async () => {
  await mkdir(`${out}.shards/1-of-2`, { recursive: true });
  const { error, ran } = await train(ON_SLURM);
  expect(error).toBe(`${out}.shards holds shards of 2 and of 3: delete those that are not meant`);
  expect(ran).toEqual([]);
  expect((await train(['--on', 'slurm', '--shards', '2'])).error).toBe('');
});

test('the record has what each task makes', async () => {
  await train([...ON_SLURM, '--seed', '3']);
  const submission = await readSubmission(out);
  expect(submission).toMatchObject({ format: 1, jobs: { tasks: '7', merge: '7' } });
  expect(submission?.tasks).toHaveLength(3);
  expect(submission?.tasks[1]).toMatchObject({
    label: 'shard 1/3',
    place: `${out}.shards/1-of-3`,
    expected: { recipe: 'rf_cnn', seed: 3, epochs: 50, loss: 'mse', neurons: [2, 3] },
  });
  await writeFile(`${out}.slurm/submission.json`, '{"format": 2}');
  await expect(readSubmission(out)).rejects.toThrow('submission.json is damaged, or of another');
});

test('--each makes a task with a folder for each combination of values, and no merge', async () => {
  const template = path.join(path.dirname(out), 'm-{recipe}-{seed}');
  const each = ['--each', 'recipe=rf_cnn,ff_cnn', '--each', 'seed=1,2'];
  const { ran, printed } = await train(['--on', 'slurm', ...each, '--epochs', '3'], {
    recipe: undefined,
    out: template,
  });
  expect(ran).toHaveLength(1);
  expect(ran[0]).toContain('--array=0-3');
  expect(printed).toMatch(/^submitted 4 tasks to Slurm as job 7\n/);
  const submission = await readSubmission(template);
  expect(submission?.jobs).toEqual({ tasks: '7', merge: null });
  expect(submission?.tasks.map(({ label }) => label)).toEqual([
    'recipe rf_cnn, seed 1',
    'recipe rf_cnn, seed 2',
    'recipe ff_cnn, seed 1',
    'recipe ff_cnn, seed 2',
  ]);
  expect(submission?.tasks[3]).toMatchObject({
    place: template.replace('{recipe}', 'ff_cnn').replace('{seed}', '2'),
    expected: { recipe: 'ff_cnn', seed: 2, epochs: 3, neurons: [0, 1, 2, 3, 4, 5] },
  });
  const script = await readFile(`${template}.slurm/tasks.sh`, 'utf8');
  expect(script).toContain(`m-ff_cnn-1' --recipe ff_cnn --seed 1 ;;`);
  expect(script).not.toContain('--recipe rf_cnn --epochs');
});

test('--each site finds the data of each site', async () => {
  const sites = await temporaryFolder();
  for (const name of ['a', 'b']) {
    await mkdir(path.join(sites, name));
    for (const file of await readdir(data)) {
      await cp(path.join(data, file), path.join(sites, name, file.replace('small', name)));
    }
  }
  const words = ['--on', 'slurm', '--each', 'site=a,b', '--dry-run'];
  const { error, printed } = await train(words, {
    site: undefined,
    data: path.join(sites, '{site}'),
    out: `${out}-{site}`,
  });
  expect(error).toBe('');
  expect(printed).toContain(`  1) set -- --data ${sites}/b --out `);
});

test('--dry-run prints the scripts and writes nothing', async () => {
  const { ran, printed } = await train([...ON_SLURM, '--dry-run']);
  expect(ran).toEqual([]);
  expect(printed).toContain(' train --data ');
  expect(printed).toContain('--array=0-2');
  expect(printed).toContain('# is submitted by\n# sbatch ');
  await expect(readdir(path.dirname(out))).rejects.toThrow('ENOENT');
});

test('the message has what sbatch printed, and no task stays in the queue without its merge', async () => {
  const stderr = 'sbatch: error: invalid partition specified: x\n';
  const failed = await train(ON_SLURM, {}, () => ({ code: 1, stdout: '', stderr }));
  expect(failed.error).toMatch(
    /^sbatch failed \(exit code 1\): sbatch: error: invalid partition specified: x\nsbatch --parsable /,
  );
  const missing = await train(ON_SLURM, {}, () => ({ code: 'ENOENT', stdout: '', stderr: '' }));
  expect(missing.error).toMatch(
    /^there is no sbatch on this machine; expected the commands of Slurm/,
  );
  const odd = await train(ON_SLURM, {}, () => ({ ...DONE, stdout: 'Welcome!\n' }));
  expect(odd.error).toBe('sbatch printed no id of a job: "Welcome!\\n"; expected a number');
  const secondFails = (cancelled: ProgramEnd) => (program: string, args: readonly string[]) => {
    if (program === 'scancel') return cancelled;
    const isMerge = args.some((word) => word.startsWith('--dependency'));
    return isMerge ? { code: 1, stdout: '', stderr } : { ...DONE, stdout: '7;cluster-b\n' };
  };
  const half = await train(ON_SLURM, {}, secondFails(DONE));
  expect(half.ran.at(-1)).toEqual(['scancel', '7']);
  expect(half.error).toMatch(/^sbatch failed .*\njob 7, the tasks, is cancelled$/s);
  const worse = await train(
    ON_SLURM,
    {},
    secondFails({ code: 1, stdout: '', stderr: 'no controller' }),
  );
  expect(worse.error).toMatch(
    /\njob 7, the tasks, is submitted, and scancel 7 failed \(1\): no cont/,
  );
  expect(await readSubmission(out)).toBeUndefined();
});

test.each([
  [['--each', 'seed=1,2'], `m is the same for each seed; expected {seed} in it`],
  [['--each', 'seed=1,x'], 'It must be a whole number from 0 to'],
  [['--each', 'seed=1,1'], 'It has a value of seed twice.'],
  [
    ['--each', 'unit=a,b'],
    'It must be one of site, recipe, seed, epochs, loss, select, = and values.',
  ],
  [
    ['--each', 'seed=1,2', '--seed', '3'],
    '--each seed is used with another value of seed; expected',
  ],
  [['--each', 'sed=1,2'], 'select, = and values. Did you mean seed?'],
  [
    ['--each', 'seed=1-3'],
    'It has a range of seed; expected each value, with commas between them, such as seed=1,2,3.',
  ],
  [['--each', 'recipe=x'], "there is no recipe 'x'"],
  [['--each', 'seed=1', '--shards', '2'], '--on has both --shards and --each; expected'],
])('%j is rejected on Slurm', async (words, message) => {
  const { error, ran } = await train(['--on', 'slurm', ...words]);
  expect(error).toContain(message);
  expect(ran).toEqual([]);
});

test('the shards of a submitted training are of the neurons that are named', async () => {
  await train([...ON_SLURM, '--neurons', '5,0-2']);
  const { tasks } = (await readSubmission(out))!;
  expect(tasks.map(({ expected }) => expected.neurons)).toEqual([[0], [1], [2, 5]]);
  expect(await readFile(`${out}.slurm/tasks.sh`, 'utf8')).toMatch(/--neurons'? '?0,1,2,5/);
});

test.each([
  [
    ['--on', 'slurm'],
    '--on has neither --shards nor --each; expected --shards, the number of tasks',
  ],
  [
    [...ON_SLURM, '--shard', '0/3'],
    '--shard is one share; expected --shards, the number of shares',
  ],
  [['--on', 'slurm', '--shards', '7'], 'shard 0/7: there are 6 neurons, which make at most as'],
  [[...ON_SLURM, '--site', 'other'], 'train_img_other.npy is not there'],
  [[...ON_SLURM, '--loss', 'poisson'], 'and the Poisson loss'],
  [
    ['--shards', '3'],
    '--shards is used without --on; expected --on slurm or kubernetes, or --shard',
  ],
  [['--dry-run'], '--dry-run is used without --on; expected --on slurm'],
  ...['account', '--account=lab', 'account lab', 'account=a\nb', 'array', ''].map(
    (option): [string[], string] => [
      [...ON_SLURM, '--sbatch-option', option],
      'It must be an option of sbatch without its dashes: a name and a value, such as account=lab',
    ],
  ),
])('%j is rejected and nothing is submitted', async (words, message) => {
  const { error, ran } = await train(words);
  expect(error).toContain(message);
  expect(ran).toEqual([]);
});
