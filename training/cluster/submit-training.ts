import type { Command } from 'commander';
import { planTraining, type TrainingOptions } from './plan-training.js';
import { quote } from './shell.js';
import type { RunProgram } from './slurm/run-program.js';
import { checkQueue, describeSlurmJobs, submitToSlurm } from './slurm/submit.js';
import { jobIds, readSubmission, type Submission } from './submission.js';
import type { ClusterPlan } from './tasks.js';

interface Surroundings {
  readonly say: (line: string) => void;
  readonly run: RunProgram;
}

/**
 * Submits a training to a cluster, after the checks that a training here would make; or prints what would be
 * submitted.
 * @param command the command whose options these are
 * @throws InputError where the data cannot be trained on, jobs of it are in the queue already, or the cluster
 *   rejects the jobs
 */
export async function submitTraining(
  command: Command,
  options: TrainingOptions,
  { say, run }: Surroundings,
): Promise<void> {
  const plan = await planTraining(command, options, say);
  if (options.dryRun) return console.log(describeSlurmJobs(plan, options).trimEnd());
  const earlier = await readSubmission(options.out);
  if (earlier) await checkQueue(earlier, statusOf(options.out), run);
  const { jobs } = await submitToSlurm(plan, options, run);
  console.log(describeSubmission(plan, options.out, jobs));
}

function describeSubmission(
  { tasks, folder }: ClusterPlan,
  out: string,
  jobs: Submission['jobs'],
): string {
  const ids = jobIds(jobs);
  const merge = jobs.merge === null ? '' : `, and their merge as job ${jobs.merge}`;
  return [
    `submitted ${tasks.length} tasks to Slurm as job ${jobs.tasks}${merge}`,
    `  follow  ${statusOf(out)}`,
    `          squeue --jobs ${ids.join(',')}`,
    `  cancel  scancel ${ids.join(' ')}`,
    `  logs    ${quote(folder)}/`,
  ].join('\n');
}

/** The command that shows how far a training is. */
function statusOf(out: string): string {
  return `hypercolumn status ${quote(out)}`;
}
