import { expect, test } from 'vitest';
import { createTrainCommand } from '../../../training/train-command.js';

test('the help says which options are for one cluster only', () => {
  const help = createTrainCommand().helpInformation();
  const [shared, slurm, kubernetes] = help
    .split(/On a cluster:|On Slurm only:|On Kubernetes only:/)
    .slice(1)
    .map((group) => group.match(/^ {2}--[a-z-]+/gm)?.map((name) => name.trim()));
  expect(shared).toEqual([
    ...['--on', '--shards', '--each', '--parallel', '--memory', '--cpus', '--gpus'],
  ]);
  expect(slurm).toEqual(['--dry-run', '--partition', '--time', '--sbatch-option']);
  expect(kubernetes).toEqual(['--image', '--claim', '--mount']);
});
