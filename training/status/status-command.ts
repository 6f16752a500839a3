import { Command } from 'commander';
import { exitCodesHelp } from '../../src/exit-codes.js';
import { runProgram } from '../cluster/slurm/run-program.js';
import { duration } from '../run/progress.js';
import type { TaskStatus } from './task-status.js';
import { readTrainingStatus, type TrainingStatus } from './training-status.js';

/** Characters of a reason in the table. */
const WIDEST = 30;

/**
 * `status`: shows how far a training has come.
 * @param run runs the commands of a cluster
 */
export function createStatusCommand(run = runProgram): Command {
  return new Command('status')
    .description('shows how far a training has come, here or on a cluster')
    .argument('<folder>', 'the --out of the training, such as models/x')
    .option('--json', 'prints it as JSON')
    .allowExcessArguments(false)
    .addHelpText('after', exitCodesHelp('badInput'))
    .action(async (folder: string, { json }: { json?: true }) => {
      const status = await readTrainingStatus(folder, run);
      console.log(json ? JSON.stringify(status, null, 2) : describeStatus(status, Date.now()));
    });
}

/**
 * Formats a status as a table.
 * @param now milliseconds since 1970
 */
export function describeStatus(status: TrainingStatus, now: number): string {
  const { out, slurm, tasks, merge, neurons, done } = status;
  const rows = tasks.map((task) => describeTask(task, now));
  const heading = ['task', 'state', 'neurons', 'position', 'loss', 'CORR', 'last sign of life'];
  const widths = heading.map((_, i) =>
    Math.max(...[heading, ...rows].map((row) => row[i]!.length)),
  );
  const lines = [heading, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
  return [
    `${out}: ${neurons.done} of ${neurons.all ?? '?'} neurons are trained, ${Math.floor(100 * done)} % of the work is done`,
    ...describeSlurm(slurm, now),
    ...lines,
    ...tasks.filter(isLong).map(({ label, reason }) => `${label}: ${inOneLine(reason)}`),
    ...(merge ? [`merge: ${merge.state}${inBrackets(inOneLine(merge.reason))}`] : []),
  ].join('\n');
}

function describeSlurm(slurm: TrainingStatus['slurm'], now: number): string[] {
  if (slurm === null) return [];
  const { jobs, submitted, answers } = slurm;
  const ids = jobs.merge === null ? `job ${jobs.tasks}` : `jobs ${jobs.tasks} and ${jobs.merge}`;
  const silent = answers
    ? ''
    : '; Slurm does not answer here, so states follow from the files alone';
  return [`Slurm: ${ids}, submitted ${ago(submitted, now)}${silent}`];
}

function describeTask(task: TaskStatus, now: number): string[] {
  const { label, state, reason, neurons, position, loss, CORR, lastSign } = task;
  return [
    label,
    `${state}${isLong(task) ? '' : inBrackets(reason)}`,
    `${neurons.done}/${neurons.all ?? '?'}`,
    position ?? '-',
    loss?.toFixed(4) ?? '-',
    CORR?.toFixed(3) ?? '-',
    lastSign === null ? '-' : ago(lastSign, now),
  ];
}

/** Whether a reason is written below the table, as it would make a column too wide. */
function isLong({ reason }: TaskStatus): boolean {
  return reason.length > WIDEST;
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

function inBrackets(reason: string): string {
  return reason === '' ? '' : ` (${reason})`;
}

function ago(time: string, now: number): string {
  return `${duration(Math.max(0, now - Date.parse(time)) / 1000)} ago`;
}
