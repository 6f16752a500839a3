import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { unless } from '../../src/files/disk-error.js';
import type { ModelCard } from '../../src/models/card.js';
import type { Queue } from '../cluster/slurm/queue.js';
import { MERGE_LOG } from '../cluster/slurm/scripts.js';
import { type Submission, submissionFolder } from '../cluster/submission.js';
import { isExpected, newestModel } from '../run/stages.js';
import { readTaskStatus, type TaskStatus, type WatchedTask } from './task-status.js';

/** What becomes of the shards of a model. */
export type MergeStatus = Pick<TaskStatus, 'state' | 'reason'>;

/**
 * Reads whether shards that were trained here are merged: the newest model must hold just what they hold. An older one
 * does not count.
 */
export async function readMerge(out: string, shards: readonly WatchedTask[]): Promise<MergeStatus> {
  const cards: (ModelCard | undefined)[] = [];
  for (const { place } of shards) cards.push((await newestModel(place))?.card);
  const { state, reason } = await readTaskStatus({
    label: 'merge',
    place: out,
    isResult: (card) => cards.every((each) => each !== undefined) && isMergeOf(card, cards),
  });
  return { state, reason };
}

function isMergeOf(merged: ModelCard, shards: readonly ModelCard[]): boolean {
  const responses = merged.golden.responses.map((_, image) =>
    shards.flatMap(({ golden }) => golden.responses[image] ?? []),
  );
  return (
    isDeepStrictEqual(
      merged.neurons,
      shards.flatMap(({ neurons }) => neurons),
    ) && isDeepStrictEqual(merged.golden.responses, responses)
  );
}

/**
 * Reads how far the merge of a submitted training is. A model that is older than the submission does not count. The log
 * says why a merge failed, also where Slurm does not answer.
 * @param tasks how far the shards are
 * @param queue undefined where Slurm does not answer
 * @returns null where nothing follows the tasks
 */
export async function readSubmittedMerge(
  out: string,
  tasks: readonly TaskStatus[],
  submission: Submission,
  queue: Queue | undefined,
): Promise<MergeStatus | null> {
  const { jobs, submitted } = submission;
  if (jobs.merge === null) return null;
  const since = Date.parse(submitted);
  const expected = mergedModel(submission);
  const { state, reason } = await readTaskStatus({
    label: 'merge',
    place: out,
    isResult: (card) => isExpected(card, expected) && isSince(card, since),
    queued: queue && (queue.get(jobs.merge) ?? null),
  });
  if (state !== 'failed' && state !== 'not begun') return { state, reason };
  const log = path.join(submissionFolder(out), MERGE_LOG);
  const line = await lastLine(log, since);
  if (line !== undefined) return { state: 'failed', reason: line };
  if (state === 'not begun') return { state, reason };
  const isRun = tasks.every((task) => task.state === 'done');
  return { state, reason: isRun ? `${reason}; its log is ${log}` : 'a shard is not done' };
}

function isSince({ training }: ModelCard, since: number): boolean {
  return 'date' in training && Date.parse(training.date) >= since;
}

/** The merged model has the neurons of all shards. */
function mergedModel({ tasks }: Submission) {
  const [first] = tasks;
  return { ...first!.expected, neurons: tasks.flatMap(({ expected }) => expected.neurons) };
}

/**
 * @param since milliseconds since 1970: a log that was not written to since then is of an earlier merge
 * @returns undefined where there is none
 */
async function lastLine(log: string, since: number): Promise<string | undefined> {
  const written = await stat(log).catch(unless('ENOENT', 'ENOTDIR'));
  if (written === undefined || written.mtimeMs < since) return undefined;
  const text = await readFile(log, 'utf8');
  return text
    .split('\n')
    .findLast((line) => line.trim() !== '')
    ?.trim();
}
