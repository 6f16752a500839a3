import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../../src/errors.js';
import { wholeNumber } from '../run/options.js';
import { type EachOption, withEachOption } from './each.js';
import { claimName, imageName, mountFolder } from './kubernetes/job-names.js';
import { readSbatchOption } from './slurm/sbatch-option.js';

/** Where the tasks of a training run, and what each may use. */
export interface ClusterOptions {
  readonly on?: Cluster;
  readonly shards?: number;
  readonly each?: readonly EachOption[];
  /** Most tasks that run at the same time. */
  readonly parallel?: number;
  readonly dryRun?: true;
  readonly partition?: string;
  readonly time?: string;
  readonly memory?: string;
  readonly cpus?: number;
  readonly gpus?: number;
  readonly sbatchOption?: readonly string[];
  readonly image?: string;
  readonly claim?: string;
  /** Where the claim is mounted. */
  readonly mount?: string;
}

const CLUSTERS = ['slurm', 'kubernetes'] as const;
type Cluster = (typeof CLUSTERS)[number];

/** The clusters for which each option is. */
const USES: Readonly<Record<keyof ClusterOptions, readonly Cluster[]>> = {
  on: CLUSTERS,
  shards: CLUSTERS,
  each: CLUSTERS,
  parallel: CLUSTERS,
  memory: CLUSTERS,
  cpus: CLUSTERS,
  gpus: CLUSTERS,
  dryRun: ['slurm'],
  partition: ['slurm'],
  time: ['slurm'],
  sbatchOption: ['slurm'],
  image: ['kubernetes'],
  claim: ['kubernetes'],
  mount: ['kubernetes'],
};

/** The names of these options, as a command has their values. */
export const CLUSTER_OPTIONS: ReadonlySet<string> = new Set(Object.keys(USES));

/** Adds the options to a command, under headings of their own. */
export function withClusterOptions(command: Command): Command {
  const sized = command
    .optionsGroup('On a cluster:')
    .addOption(
      new Option(
        '--on <cluster>',
        'slurm: submits the training; kubernetes: prints the manifest of a Job',
      ).choices(CLUSTERS),
    )
    .option(
      '--shards <count>',
      'tasks that train a share of the neurons each',
      wholeNumber(1, 100_000),
    );
  return withEachOption(sized)
    .option('--parallel <count>', 'most tasks that run at the same time', wholeNumber(1, 100_000))
    .option('--memory <size>', 'memory of a task, as in 16G', memorySize)
    .option('--cpus <count>', 'CPU cores of a task', wholeNumber(1, 10_000))
    .option('--gpus <count>', 'GPUs of a task', wholeNumber(1, 64))
    .optionsGroup('On Slurm only:')
    .option('--dry-run', 'prints what would be submitted to Slurm, and submits nothing')
    .option('--partition <name>', 'partition of Slurm')
    .option('--time <limit>', 'time limit of a task of Slurm, as in 12:00:00')
    .option(
      '--sbatch-option <option>',
      'any other option of sbatch, without its dashes, as in account=lab; may be repeated',
      (text: string, before: readonly string[] = []) => [...before, readSbatchOption(text)],
    )
    .optionsGroup('On Kubernetes only:')
    .option('--image <name>', 'image of the containers of Kubernetes', imageName)
    .option('--claim <name>', 'PersistentVolumeClaim that holds the data and the models', claimName)
    .option(
      '--mount <folder>',
      'where it is mounted; --data and --out are in there (default: /lab)',
      mountFolder,
    );
}

/**
 * @throws InputError where an option is given that is for another cluster, or for any while there is none
 */
export function checkClusterOptions(command: Command, on: Cluster | undefined): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (!isClusterOption(name) || command.getOptionValueSource(name) !== 'cli') continue;
    const uses = USES[name];
    if (on !== undefined && uses.includes(on)) continue;
    const where = on === undefined ? 'without --on' : `with --on ${on}`;
    const share = name === 'shards' ? ', or --shard i/n to train one share here' : '';
    throw new InputError(
      `${option.long} is used ${where}; expected --on ${uses.join(' or ')}${share}`,
    );
  }
}

function isClusterOption(name: string): name is keyof ClusterOptions {
  return CLUSTER_OPTIONS.has(name);
}

function memorySize(text: string): string {
  if (/^[1-9]\d*[KMGT]?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a whole number with K, M, G or T, such as 16G.');
}
