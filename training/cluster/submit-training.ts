import path from 'node:path';
import type { Command } from 'commander';
import { InputError } from '../../src/errors.js';
import type { DataOptions } from '../data/data-rules.js';
import { openSite } from '../data/site.js';
import { checkTargets } from '../data/split.js';
import type { ModelRequest } from '../run/model-request.js';
import { neuronsOfShard, type Shard, shardFolder } from '../run/shards/shard.js';
import { describeStage } from '../run/stage-plan.js';
import type { ClusterOptions } from './cluster-options.js';
import { quote } from './shell.js';
import type { RunProgram } from './slurm/run-program.js';
import { describeSlurmJobs, submitToSlurm } from './slurm/submit.js';
import { type Submission, submissionFolder } from './submission.js';
import {
  type ClusterPlan,
  type PlannedTask,
  programWords,
  TASK_WORDS,
  trainWords,
} from './tasks.js';

type TrainingOptions = ClusterOptions &
  DataOptions &
  Pick<ModelRequest, 'recipe' | 'seed' | 'loss' | 'select' | 'freeze' | 'out'> & {
    readonly data: string;
    readonly site: string;
    readonly epochs?: number;
    readonly shard?: Shard;
  };

interface Surroundings {
  readonly say: (line: string) => void;
  readonly run: RunProgram;
}

/**
 * Submits a training to a cluster, after the checks that a training here would make; or prints what would be
 * submitted.
 * @param command the command whose options these are
 * @throws InputError where the data cannot be trained on, or the cluster rejects the jobs
 */
export async function submitTraining(
  command: Command,
  options: TrainingOptions,
  { say, run }: Surroundings,
): Promise<void> {
  const plan = await planShards(command, options, say);
  if (options.dryRun) return console.log(describeSlurmJobs(plan, options).trimEnd());
  const { jobs } = await submitToSlurm(plan, options, run);
  console.log(describeSubmission(plan, options.out, jobs));
}

async function planShards(
  command: Command,
  options: TrainingOptions,
  say: (line: string) => void,
): Promise<ClusterPlan> {
  const { shards, out } = options;
  if (shards === undefined) {
    throw new InputError(
      '--on has no --shards; expected the number of tasks that share the neurons',
    );
  }
  if (options.shard) {
    throw new InputError(
      '--shard is one share; expected --shards, the number of shares, with --on',
    );
  }
  const { neurons, ...site } = await readSite(options, say);
  const request = { ...options, epochs: options.epochs, site };
  const tasks = Array.from({ length: shards }, (_, index): PlannedTask => {
    const shard = { index, of: shards };
    const share = neuronsOfShard(neurons, shard);
    return {
      label: `shard ${index}/${shards}`,
      place: path.resolve(shardFolder(out, shard)),
      expected: describeStage(request, options.recipe, share),
      words: ['--shard', `${index}/${shards}`],
    };
  });
  return {
    name: path.basename(path.resolve(out)),
    folder: path.resolve(submissionFolder(out)),
    train: [...programWords(), 'train', ...trainWords(command), ...TASK_WORDS],
    tasks,
    merge: [...programWords(), 'merge', '--out', path.resolve(out)],
  };
}

/** Opens the data once, so that what is wrong with them is said here and not by each task. */
async function readSite(options: TrainingOptions, say: (line: string) => void) {
  const site = await openSite(options.data, options.site, options);
  try {
    for (const warning of site.warnings) say(`warning: ${warning}`);
    checkTargets(site, options.loss);
    const { white, digests, training } = site;
    return { white, digests, neurons: training.neurons };
  } finally {
    await site.close();
  }
}

function describeSubmission(
  { tasks, folder }: ClusterPlan,
  out: string,
  jobs: Submission['jobs'],
): string {
  const ids = [jobs.tasks, jobs.merge ?? []].flat();
  const merge = jobs.merge === null ? '' : `, and their merge as job ${jobs.merge}`;
  return [
    `submitted ${tasks.length} tasks to Slurm as job ${jobs.tasks}${merge}`,
    `  follow  hypercolumn status ${quote(out)}`,
    `          squeue --jobs ${ids.join(',')}`,
    `  cancel  scancel ${ids.join(' ')}`,
    `  logs    ${quote(folder)}/`,
  ].join('\n');
}
