import { spawnSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { writeManifest } from '../../../training/cluster/kubernetes/training-job.js';
import { createTrainCommand } from '../../../training/train-command.js';
import { kubernetesValidate, testWith } from '../../support/capabilities.js';
import { invalidManifests, readYaml } from '../../support/kubernetes.js';
import { fakeMachine } from '../../support/machine.js';
import { temporaryFolder } from '../../support/store.js';

const validator = kubernetesValidate();
const testValid = testWith(validator);

interface Job {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly completions: number;
    readonly template: {
      readonly spec: {
        readonly containers: readonly [
          {
            readonly command: readonly string[];
            readonly env?: readonly { readonly name: string; readonly value: string }[];
            readonly resources: object;
          },
        ];
      };
    };
  };
}

const GIVEN = ['--recipe', 'rf_cnn', '--on', 'kubernetes', '--image', 'lab/x:1'];

async function manifest(...words: string[]): Promise<string> {
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((text: string) => printed.push(text));
  const command = createTrainCommand({}, fakeMachine().machine);
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  try {
    await command.parseAsync([...GIVEN, ...words], { from: 'user' });
  } finally {
    log.mockRestore();
  }
  return printed.join('\n');
}

const SITE = ['--site', 'a', '--data', 'data/a'];
const SHARDS = ['--claim', 'lab', ...SITE, '--out', 'models/V4.x_y', '--shards', '3'];

testValid('a Job of shards is valid and runs `train` with options that it knows', async () => {
  const words = [
    '--parallel',
    '2',
    '--memory',
    '16G',
    '--gpus',
    '1',
    '--cpus',
    '4',
    '--unit',
    "it's: #1",
  ];
  const text = await manifest(...SHARDS, ...words);
  const folder = await temporaryFolder();
  expect(invalidManifests(validator, folder, text)).toBe('');
  expect(invalidManifests(validator, folder, `${text}\nunknown: 1\n`)).toContain('unknown');
  const [job] = readYaml(validator, text) as [Job];
  expect(job.metadata.name).toBe('train-v4-x-y');
  expect(job.spec).toMatchObject({ completions: 3, parallelism: 2 });
  const [{ command, env, resources }] = job.spec.template.spec.containers;
  const amounts = { cpu: '4', memory: '16Gi', 'nvidia.com/gpu': '1' };
  expect(resources).toEqual({ requests: amounts, limits: amounts });
  expect(env).toEqual([{ name: 'JOB_COMPLETIONS', value: '3' }]);
  expect(command.slice(0, 2)).toEqual(['hypercolumn', 'train']);
  const train = createTrainCommand().action(() => undefined);
  train.parse(command.slice(2), { from: 'user' });
  expect(train.opts()).toMatchObject({
    ...{ data: '/lab/data/a', out: '/lab/models/V4.x_y', site: 'a', recipe: 'rf_cnn' },
    ...{ unit: "it's: #1", resume: true, wait: true, merge: true },
  });
});

testValid('a Job of models is valid, and its index chooses one of them', async () => {
  const where = ['--claim', 'lab', '--mount', '/data', '--data', '/data/{site}'];
  const each = ['--out', 'models/{site}-{seed}', '--each', 'site=a,b', '--each', 'seed=1,2'];
  const text = await manifest(...where, ...each);
  const folder = await temporaryFolder();
  expect(invalidManifests(validator, folder, text)).toBe('');
  const [job] = readYaml(validator, text) as [Job];
  expect(job.spec.completions).toBe(4);
  const program = path.join(folder, 'hypercolumn');
  await writeFile(program, `#!/bin/sh\necho "$JOB_COMPLETION_INDEX" "$@"\n`);
  await chmod(program, 0o755);
  const [name, ...rest] = job.spec.template.spec.containers[0].command;
  const { stdout } = spawnSync(name!, rest, {
    encoding: 'utf8',
    env: { PATH: `${folder}:${process.env['PATH']}`, JOB_COMPLETION_INDEX: '2' },
  });
  expect(stdout).toBe(
    ' train --recipe rf_cnn --resume --wait --data /data/b --out /data/models/b-1 --site b --seed 1\n',
  );
});

test.each([
  [[...SITE, '--out', 'm', '--shards', '3'], 'is used without --claim; expected --image and'],
  [[...SHARDS, '--out', '../m'], '--out ../m is not in the claim; expected a folder in /lab'],
  [
    [...SHARDS, '--data', '/data/a'],
    '--data /data/a is not in the claim; expected a folder in /lab',
  ],
  [
    [...SHARDS, '--partition', 'x'],
    '--partition is used with --on kubernetes; expected --on slurm',
  ],
  [[...SHARDS, '--dry-run'], '--dry-run is used with --on kubernetes; expected --on slurm'],
  ...['lab', '/', '/a:b', '/lab/../etc', '/a b'].map((mount): [string[], string] => [
    [...SHARDS, '--mount', mount],
    'It must be an absolute path without colons, such as /lab.',
  ]),
  ...['x y', 'lab/X', 'x:', 'x@sha256:1', '/x', ''].map((image): [string[], string] => [
    [...SHARDS, '--image', image],
    'It must be the name of an image, such as registry.example/hypercolumn:0.1.0.',
  ]),
  ...['Hyper_column', '-a', 'a.', 'a'.repeat(254), ''].map((claim): [string[], string] => [
    [...SHARDS, '--claim', claim],
    'It must be the name of a claim: lower case letters, digits, - and ., such as hypercolumn.',
  ]),
  [[...SHARDS, '--out', 'm!'], "a model's name is made of letters"],
])('%j is rejected on Kubernetes', async (words, message) => {
  await expect(manifest(...words)).rejects.toThrow(message);
});

test.each([
  'hypercolumn',
  'Registry.example:5000/lab/hyper-column__x:0.1.0_A',
  '[2001:db8::1]:5000/x',
  `ghcr.io/lab/x:1@sha256:${'0a'.repeat(32)}`,
])('the image %s is accepted', async (image) => {
  expect(await manifest(...SHARDS, '--image', image)).toContain(image);
});

testValid('YAML reads back as it was, by another program', () => {
  const key = fc.string({ minLength: 1 });
  const leaf = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('yes', 'null', '1', '1e3', '~', '- a', 'a: b', '', '0x1F', '2026-01-01'),
    fc.integer(),
    fc.boolean(),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  const values = fc.sample(tree, { numRuns: 300, seed: 1 });
  const documents = values.map((value) => `---\n${writeManifest(value)}`).join('');
  expect(readYaml(validator, documents)).toEqual(values);
});
