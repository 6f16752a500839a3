import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { InputError } from '../../src/errors.js';
import { unless } from '../../src/files/disk-error.js';
import { writeWhole } from '../../src/files/whole-file.js';
import { siblingFolder } from '../run/stages.js';
import { Task } from './tasks.js';

/** What was submitted to Slurm for a model. */
export const Submission = z.strictObject({
  /** Changes whenever this schema does. */
  format: z.literal(1),
  submitted: z.iso.datetime(),
  /** Ids of the jobs; null where nothing follows the tasks. */
  jobs: z.strictObject({ tasks: z.string(), merge: z.string().nullable() }),
  /** Task i of the array is the i-th. */
  tasks: z.array(Task).min(1),
});
export type Submission = z.infer<typeof Submission>;

/** The ids of the jobs, the tasks first. */
export function jobIds({ tasks, merge }: Submission['jobs']): string[] {
  return merge === null ? [tasks] : [tasks, merge];
}

/** What was submitted for `models/x` is in `models/x.slurm`, which the service does not see. */
export function submissionFolder(out: string): string {
  return siblingFolder(out, '.slurm');
}

const FILE = 'submission.json';

export async function writeSubmission(folder: string, submission: Submission): Promise<void> {
  await writeWhole(path.join(folder, FILE), `${JSON.stringify(submission, null, 2)}\n`);
}

/**
 * @returns undefined where nothing was submitted
 * @throws InputError where the record cannot be read
 */
export async function readSubmission(out: string): Promise<Submission | undefined> {
  const file = path.join(submissionFolder(out), FILE);
  const text = await readFile(file, 'utf8').catch(unless('ENOENT', 'ENOTDIR'));
  if (text === undefined) return undefined;
  try {
    return Submission.parse(JSON.parse(text));
  } catch (cause) {
    throw new InputError(
      `${file} is damaged, or of another version of the program; expected a record of jobs: ` +
        'delete it when squeue shows none of this training',
      [],
      { cause },
    );
  }
}
