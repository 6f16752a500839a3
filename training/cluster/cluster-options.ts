import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../../src/errors.js';
import { wholeNumber } from '../run/options.js';

/** Where the tasks of a training run, and what each may use. */
export interface ClusterOptions {
  readonly on?: 'slurm';
  readonly shards?: number;
  readonly dryRun?: true;
  readonly partition?: string;
  readonly time?: string;
  readonly memory?: string;
  readonly cpus?: number;
  readonly gpus?: number;
  readonly sbatchOption?: readonly string[];
}

const NAMES = {
  on: true,
  shards: true,
  dryRun: true,
  partition: true,
  time: true,
  memory: true,
  cpus: true,
  gpus: true,
  sbatchOption: true,
} satisfies Record<keyof ClusterOptions, true>;

/** The names of these options, as a command has their values. */
export const CLUSTER_OPTIONS: ReadonlySet<string> = new Set(Object.keys(NAMES));

/** Adds the options to a command, under a heading of their own. */
export function withClusterOptions(command: Command): Command {
  return command
    .optionsGroup('On a cluster:')
    .addOption(
      new Option('--on <cluster>', 'submits the training to a cluster, and ends').choices([
        'slurm',
      ]),
    )
    .option(
      '--shards <count>',
      'tasks that train a share of the neurons each',
      wholeNumber(1, 100_000),
    )
    .option('--dry-run', 'prints what would be submitted, and submits nothing')
    .option('--partition <name>', 'partition of Slurm')
    .option('--time <limit>', 'time limit of a task, as in 12:00:00')
    .option('--memory <size>', 'memory of a task, as in 16G', memorySize)
    .option('--cpus <count>', 'CPU cores of a task', wholeNumber(1, 10_000))
    .option('--gpus <count>', 'GPUs of a task', wholeNumber(1, 64))
    .option(
      '--sbatch-option <option>',
      'any other option of sbatch, without its dashes, as in account=lab; may be repeated',
      (text: string, before: readonly string[] = []) => [...before, text],
    );
}

/**
 * @throws InputError where an option needs --on, which is missing
 */
export function checkWithoutCluster(command: Command): void {
  const given = command.options.find(
    (option) =>
      CLUSTER_OPTIONS.has(option.attributeName()) &&
      command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (given === undefined) return;
  const share = given.long === '--shards' ? ', or --shard i/n to train one share here' : '';
  throw new InputError(`${given.long} is used without --on; expected --on slurm${share}`);
}

function memorySize(text: string): string {
  if (/^[1-9]\d*[KMGT]?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a whole number with K, M, G or T, such as 16G.');
}
