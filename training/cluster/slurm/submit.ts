import path from 'node:path';
import { InputError } from '../../../src/errors.js';
import { makeFolder } from '../../../src/files/make-folder.js';
import { writeWhole } from '../../../src/files/whole-file.js';
import { quoteAll } from '../shell.js';
import { jobIds, type Submission, writeSubmission } from '../submission.js';
import type { ClusterPlan } from '../tasks.js';
import { isUnended, readQueue } from './queue.js';
import type { RunProgram } from './run-program.js';
import { mergeJob, type SlurmJob, type SlurmOptions, taskJob } from './scripts.js';

/** The scripts and the commands that `submitToSlurm` would run, as text. */
export function describeSlurmJobs(plan: ClusterPlan, options: SlurmOptions): string {
  const jobs = [taskJob(plan, options), mergeJob(plan, options, '<id of the tasks>') ?? []].flat();
  return jobs
    .map((job) => `# ${job.file}\n${job.script}\n# is submitted by\n# ${commandLine(job)}\n`)
    .join('\n');
}

/**
 * Writes the scripts, and submits the tasks and what follows them: both, or none.
 * @throws InputError with what sbatch says where it fails, or that it is not there
 */
export async function submitToSlurm(
  plan: ClusterPlan,
  options: SlurmOptions,
  run: RunProgram,
): Promise<Submission> {
  await makeFolder(plan.folder);
  const submitted = new Date().toISOString();
  const tasks = await submit(taskJob(plan, options), run);
  const job = mergeJob(plan, options, tasks);
  const merge = job && (await submit(job, run).catch(cancelTasks));
  const submission: Submission = {
    format: 1,
    submitted,
    jobs: { tasks, merge: merge ?? null },
    tasks: plan.tasks.map(({ label, place, expected }) => ({ label, place, expected })),
  };
  await writeSubmission(plan.folder, submission);
  return submission;

  async function cancelTasks(error: InputError): Promise<never> {
    const { code, stderr } = await run('scancel', [tasks]);
    const outcome =
      code === 0
        ? `job ${tasks}, the tasks, is cancelled`
        : `job ${tasks}, the tasks, is submitted, and scancel ${tasks} failed (${code}): ${stderr.trim()}`;
    throw new InputError(`${error.message}\n${outcome}`, [], { cause: error });
  }
}

/**
 * @param earlier what was submitted for this model before
 * @param follow the command that shows how far it is
 * @throws InputError where Slurm says that jobs of it have not ended: each would train and merge the same shards
 */
export async function checkQueue(
  earlier: Submission,
  follow: string,
  run: RunProgram,
): Promise<void> {
  const ids = jobIds(earlier.jobs);
  const queue = [...((await readQueue(ids, run)) ?? [])];
  const unended = ids.filter((id) =>
    queue.some(([each, job]) => each.split('_')[0] === id && isUnended(job)),
  );
  if (unended.length === 0) return;
  const subject =
    unended.length === 1
      ? `job ${unended[0]} of this training is`
      : `jobs ${unended.join(' and ')} of this training are`;
  throw new InputError(
    `${subject} still in the queue; expected none: scancel ${unended.join(' ')}, or follow them with ${follow}`,
  );
}

/** @returns the id of the job */
async function submit(job: SlurmJob, run: RunProgram): Promise<string> {
  await writeWhole(job.file, job.script);
  const { code, stdout, stderr } = await run('sbatch', [...job.options, job.file]);
  if (code === 'ENOENT') {
    throw new InputError(
      'there is no sbatch on this machine; expected the commands of Slurm in PATH: run this on a ' +
        'login node of the cluster, or add --dry-run to see what would be submitted',
    );
  }
  if (code !== 0) {
    throw new InputError(
      `sbatch failed (exit code ${code}): ${stderr.trim()}\n${commandLine(job)}`,
    );
  }
  const [, id] = /^(\d+)(?:;.*)?$/.exec(stdout.trim()) ?? [];
  if (id === undefined) {
    throw new InputError(
      `sbatch printed no id of a job: ${JSON.stringify(stdout)}; expected a number`,
    );
  }
  return id;
}

function commandLine({ options, file }: SlurmJob): string {
  return quoteAll(['sbatch', ...options, path.resolve(file)]);
}
