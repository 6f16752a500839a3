import path from 'node:path';
import type { ClusterOptions } from '../cluster-options.js';
import { quoteAll } from '../shell.js';
import type { ClusterPlan } from '../tasks.js';

/** A job of Slurm: its script, and the options of sbatch. */
export interface SlurmJob {
  /** The file that holds the script. */
  readonly file: string;
  readonly script: string;
  readonly options: readonly string[];
}

export type SlurmOptions = Pick<
  ClusterOptions,
  'parallel' | 'partition' | 'time' | 'memory' | 'cpus' | 'gpus' | 'sbatchOption'
>;

/** The log of the merge, in the folder of the submission. */
export const MERGE_LOG = 'merge.log';

/** The array job whose task i runs the plan's task i. */
export function taskJob(plan: ClusterPlan, options: SlurmOptions): SlurmJob {
  const { folder, train, tasks } = plan;
  const last = tasks.length - 1;
  const script = `#!/bin/bash
# Task i of the array trains one model, or a share of one. A task that runs again continues from its checkpoint.
set -eu
case "\${SLURM_ARRAY_TASK_ID:-}" in
${tasks.map(({ words }, i) => `  ${i}) set -- ${quoteAll(words)} ;;`).join('\n')}
  '') echo "SLURM_ARRAY_TASK_ID is not set; expected 0 to ${last}: submit this script with --array=0-${last}" >&2; exit 2 ;;
  *) echo "there is no task $SLURM_ARRAY_TASK_ID; expected 0 to ${last}" >&2; exit 2 ;;
esac
# Without cgroups a task would use all cores of its node.
if [ -n "\${SLURM_CPUS_PER_TASK:-}" ]; then export TF_NUM_INTRAOP_THREADS="$SLURM_CPUS_PER_TASK"; fi
# exec, so that signals reach the training, which then saves a checkpoint.
exec ${quoteAll(train)} "$@"
`;
  const { cpus, gpus, parallel } = options;
  const most = parallel === undefined ? '' : `%${parallel}`;
  return {
    file: path.join(folder, 'tasks.sh'),
    script,
    options: [
      ...sharedOptions(plan, options, `${plan.name}`, '%a.log'),
      `--array=0-${last}${most}`,
      ...(cpus === undefined ? [] : [`--cpus-per-task=${cpus}`]),
      ...(gpus === undefined ? [] : [`--gpus=${gpus}`]),
    ],
  };
}

/**
 * The job that makes one model of the shards when all of them are trained.
 * @param tasks id of the array job
 */
export function mergeJob(
  plan: ClusterPlan,
  options: SlurmOptions,
  tasks: string,
): SlurmJob | undefined {
  const { folder, merge } = plan;
  if (merge === undefined) return undefined;
  return {
    file: path.join(folder, 'merge.sh'),
    script: `#!/bin/bash
# Makes one model of the shards.
set -eu
exec ${quoteAll(merge)}
`,
    options: [
      ...sharedOptions(plan, options, `${plan.name}.merge`, MERGE_LOG),
      `--dependency=afterok:${tasks}`,
      '--kill-on-invalid-dep=yes',
    ],
  };
}

function sharedOptions(
  { folder }: ClusterPlan,
  { partition, time, memory, sbatchOption = [] }: SlurmOptions,
  name: string,
  log: string,
): string[] {
  return [
    '--parsable',
    '--requeue',
    `--job-name=${name}`,
    // In names of logs % begins a pattern.
    `--output=${path.join(folder.replaceAll('%', '%%'), log)}`,
    '--open-mode=append',
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...(memory === undefined ? [] : [`--mem=${memory}`]),
    ...sbatchOption.map((option) => `--${option}`),
  ];
}
