import type { RunProgram } from './run-program.js';

/** A job, or a task of an array job, as Slurm has it. */
export interface QueuedJob {
  /** In Slurm's words, such as PENDING, RUNNING or TIMEOUT. */
  readonly state: string;
  /** Why it waits, or how it ended, in Slurm's words. */
  readonly reason: string;
  readonly node: string;
}

/** What Slurm knows of jobs, by their ids: `12_3` for a task of an array. */
export type Queue = ReadonlyMap<string, QueuedJob>;

/**
 * Reads the jobs from the queue. Slurm forgets a job some minutes after it has ended.
 * @returns undefined where there is no Slurm on this machine, or it does not answer
 */
export async function readQueue(
  ids: readonly string[],
  run: RunProgram,
): Promise<Queue | undefined> {
  const { code, stdout, stderr } = await run('squeue', [
    ...['--noheader', '--array', '--states=all', '--format=%i|%T|%r|%N', `--jobs=${ids}`],
  ]);
  if (code !== 0) return /invalid job id/i.test(stderr) ? new Map() : undefined;
  const lines = stdout.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [id = '', state = '', reason = '', node = ''] = line.trim().split('|');
      return [id, { state, reason, node }];
    }),
  );
}

/** States in which a job has not ended. */
const UNENDED = ['PENDING', 'REQUEUED', 'REQUEUE_HOLD', 'SUSPENDED', 'RUNNING', 'COMPLETING'];

export function isUnended({ state }: QueuedJob): boolean {
  return UNENDED.includes(state) || isActive({ state });
}

/** Whether a job has a node. */
export function isActive({ state }: Pick<QueuedJob, 'state'>): boolean {
  return ['RUNNING', 'COMPLETING', 'CONFIGURING', 'STAGE_OUT', 'SIGNALING'].includes(state);
}
