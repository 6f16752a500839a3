import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';
import { type Queue, readQueue } from '../cluster/slurm/queue.js';
import type { RunProgram } from '../cluster/slurm/run-program.js';
import { jobIds, readSubmission, type Submission } from '../cluster/submission.js';
import { shardCounts, shardFolder, shardsFolder } from '../run/shards/shard.js';
import { type MergeStatus, readMerge, readSubmittedMerge } from './merge-status.js';
import { describeNoTraining } from './no-training.js';
import { readTaskStatus, type TaskStatus, type WatchedTask } from './task-status.js';

/** How far a training has come. */
export interface TrainingStatus {
  readonly out: string;
  /** Ids of the jobs of Slurm, and when they were submitted; null where it was not submitted. */
  readonly slurm: {
    readonly submitted: string;
    readonly jobs: Submission['jobs'];
    /** Whether Slurm answers here; without it, states follow from the files alone. */
    readonly answers: boolean;
  } | null;
  readonly tasks: readonly TaskStatus[];
  /** What becomes of the shards: null where the tasks are no shards. */
  readonly merge: MergeStatus | null;
  readonly neurons: { readonly done: number; readonly all: number | null };
  /** Share of the whole work, 0 to 1. */
  readonly done: number;
}

/**
 * Reads how far the training of a model has come: one that was submitted to Slurm, or shards, or one process.
 * @param out `models/x`
 * @throws InputError where nothing was ever trained there
 */
export async function readTrainingStatus(out: string, run: RunProgram): Promise<TrainingStatus> {
  const submission = await readSubmission(out);
  const queue = submission && (await readJobs(submission, run));
  const watched = submission ? submitted(submission, queue) : await found(out);
  const tasks: TaskStatus[] = [];
  for (const task of watched) tasks.push(await readTaskStatus(task));
  if (!submission && tasks.every(({ state }) => state === 'not begun')) {
    throw new InputError(await describeNoTraining(out));
  }
  const isSharded = watched.every(({ place }) => path.resolve(place) !== path.resolve(out));
  const all = tasks.map(({ neurons }) => neurons.all);
  return {
    out,
    slurm: submission
      ? { submitted: submission.submitted, jobs: submission.jobs, answers: queue !== undefined }
      : null,
    tasks,
    merge: isSharded ? await merge() : null,
    neurons: {
      done: sum(tasks.map(({ neurons }) => neurons.done)),
      all: all.every((count) => count !== null) ? sum(all) : null,
    },
    done: sum(tasks.map(({ done }) => done)) / tasks.length,
  };

  function merge(): Promise<MergeStatus | null> {
    return submission ? readSubmittedMerge(out, tasks, submission, queue) : readMerge(out, watched);
  }
}

function readJobs({ jobs }: Submission, run: RunProgram): Promise<Queue | undefined> {
  return readQueue(jobIds(jobs), run);
}

function submitted({ tasks, jobs }: Submission, queue: Queue | undefined): WatchedTask[] {
  return tasks.map((task, index) => ({
    ...task,
    queued: queue && (queue.get(`${jobs.tasks}_${index}`) ?? null),
  }));
}

/** The shards of a model, or the model alone. */
async function found(out: string): Promise<WatchedTask[]> {
  const counts = shardCounts(await readdir(shardsFolder(out)).catch(() => []));
  if (counts.length === 0) return [{ label: path.basename(path.resolve(out)), place: out }];
  return counts.flatMap((of) =>
    Array.from({ length: of }, (_, index) => ({
      label: `shard ${index}/${of}`,
      place: shardFolder(out, { index, of }),
    })),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
