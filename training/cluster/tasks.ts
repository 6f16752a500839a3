import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { z } from 'zod';
import { ExpectedModel } from '../run/stages.js';
import { CLUSTER_OPTIONS } from './cluster-options.js';

/** One task of a training: it makes one model, or a share of one. */
export const Task = z.strictObject({
  /** What distinguishes it from the others, such as `shard 0/3`. */
  label: z.string(),
  /** The folder where its model is saved. */
  place: z.string(),
  /** What its model is of: only this one counts as its result. */
  expected: ExpectedModel,
});
export type Task = z.infer<typeof Task>;

/** A task with the words that `train` gets for it alone. */
export interface PlannedTask extends Task {
  readonly words: readonly string[];
}

/** What is run on a cluster. */
export interface ClusterPlan {
  /** Of the jobs, for people. */
  readonly name: string;
  /** Where the scripts, the logs and the record of the jobs are. */
  readonly folder: string;
  /** The words of all tasks: the program, `train` and its options. */
  readonly train: readonly string[];
  readonly tasks: readonly PlannedTask[];
  /** The words of what follows the tasks, where something does. */
  readonly merge: readonly string[] | undefined;
}

/** The words that start this very program: Node, and the command line. */
export function programWords(): string[] {
  return [
    process.execPath,
    fileURLToPath(new URL('../../src/cli/hypercolumn.js', import.meta.url)),
  ];
}

/**
 * The words that give `train` the same options on another machine, but those that differ between tasks or are for
 * this machine.
 */
export function trainWords(command: Command): string[] {
  const values: Readonly<Record<string, unknown>> = command.opts();
  return command.options.flatMap((option) => {
    const name = option.attributeName();
    if (CLUSTER_OPTIONS.has(name) || OWN.has(name)) return [];
    if (command.getOptionValueSource(name) !== 'cli') return [];
    const value = values[name];
    if (value === true) return [option.long!];
    return [option.long!, String(value)];
  });
}

/** Options that each task has in any case, or that are its own: the two folders are given as absolute ones. */
const OWN: ReadonlySet<string> = new Set(['data', 'out', 'resume', 'wait', 'shard']);
/** A task that is begun again continues, and waits for an earlier run of it that is still alive. */
export const TASK_WORDS = ['--resume', '--wait'] as const;
