import { hasEnded, isHere, readLock } from '../../src/files/lock.js';
import type { ModelCard } from '../../src/models/card.js';
import type { QueuedJob } from '../cluster/slurm/queue.js';
import { isActive, isUnended } from '../cluster/slurm/queue.js';
import { checkpointFolder } from '../run/checkpoint/checkpoint.js';
import { readManifest } from '../run/checkpoint/manifest.js';
import { lockFile } from '../run/lock.js';
import { meanCorr } from '../run/progress.js';
import { type ProgressRecord, readProgress } from '../run/progress-record.js';
import { type ExpectedModel, isExpected, newestModel } from '../run/stages.js';

export type TaskState =
  | 'done'
  | 'running'
  /** In Slurm's queue. */
  | 'queued'
  /** By a signal; it continues with --resume. */
  | 'interrupted'
  | 'failed'
  /** Its process ended without a word, or its machine is lost. */
  | 'lost'
  | 'not begun';

/** How far a task has come: one model, or a share of one. */
export interface TaskStatus {
  readonly label: string;
  readonly state: TaskState;
  /** Why it waits, or ended; empty where there is nothing to say. */
  readonly reason: string;
  /** Neurons; `all` is null where it is not known yet. */
  readonly neurons: { readonly done: number; readonly all: number | null };
  /** Share of the work, 0 to 1. */
  readonly done: number;
  /** Such as `epoch 4/50`; null before the first report. */
  readonly position: string | null;
  readonly loss: number | null;
  readonly CORR: number | null;
  /** When the process last showed that it lives; null where none did, and when it is done. */
  readonly lastSign: string | null;
}

/** What is looked at. */
export interface WatchedTask {
  readonly label: string;
  /** The folder where its model is saved. */
  readonly place: string;
  /** What its model must be of; without, any model counts. */
  readonly expected?: ExpectedModel;
  /** Whether a model is its result, where `expected` does not decide it. */
  readonly isResult?: (card: ModelCard) => boolean;
  /** As Slurm has it: null where Slurm knows it no more, undefined where Slurm was not asked. */
  readonly queued?: QueuedJob | null | undefined;
}

/** Milliseconds after which a process on another machine counts as lost; clocks may differ by some of it. */
const SILENCE = 60_000;

const LOST =
  'its process has ended, or its machine is lost: run the same command with --resume to continue';

/** Reads how far a task has come from what it writes, and from the queue. */
export async function readTaskStatus(task: WatchedTask): Promise<TaskStatus> {
  const { label, place, expected, queued } = task;
  const [life, progress, card] = [
    await readLife(place),
    await readProgress(place),
    (await newestModel(place))?.card,
  ];
  const isBegun = progress !== undefined || life !== undefined || (await hasCheckpoint(place));
  const isAny = () => !isBegun;
  const isResult = task.isResult ?? (expected ? ofExpected(expected) : isAny);
  if (card && isResult(card)) return describeFinished(label, card);
  return {
    label,
    ...judge(life, progress, isBegun, queued),
    neurons: {
      done: progress?.trained ?? 0,
      all: expected?.neurons.length ?? progress?.neurons ?? null,
    },
    done: progress?.done ?? 0,
    position: progress?.position ?? null,
    loss: progress?.loss ?? null,
    CORR: progress?.CORR ?? null,
    lastSign: life?.at ?? progress?.at ?? null,
  };
}

function ofExpected(expected: ExpectedModel): (card: ModelCard) => boolean {
  return (card) => isExpected(card, expected);
}

interface Life {
  readonly isAlive: boolean;
  readonly at: string;
}

/** Of the process that has the lock, if one has it. */
async function readLife(place: string): Promise<Life | undefined> {
  const lock = await readLock(lockFile(place));
  if (lock?.holder === undefined) return undefined;
  const isAlive = (await isHere(lock.holder))
    ? !(await hasEnded(lock.holder))
    : Date.now() - lock.touched < SILENCE;
  return { isAlive, at: new Date(lock.touched).toISOString() };
}

function judge(
  life: Life | undefined,
  progress: ProgressRecord | undefined,
  isBegun: boolean,
  queued: QueuedJob | null | undefined,
): Pick<TaskStatus, 'state' | 'reason'> {
  if (queued && isActive(queued)) return { state: 'running', reason: `on ${queued.node}` };
  if (life?.isAlive) return { state: 'running', reason: '' };
  if (queued && isUnended(queued)) return { state: 'queued', reason: queued.reason };
  if (progress?.end) return { state: progress.end.state, reason: progress.end.message };
  if (queued) return { state: 'failed', reason: queued.state };
  if (queued === null) return { state: 'failed', reason: 'Slurm no longer knows the job' };
  return isBegun ? { state: 'lost', reason: LOST } : { state: 'not begun', reason: '' };
}

async function hasCheckpoint(place: string): Promise<boolean> {
  const manifest = await readManifest(checkpointFolder(place)).catch(() => null);
  return manifest !== undefined;
}

function describeFinished(label: string, { neurons, training }: ModelCard): TaskStatus {
  return {
    label,
    state: 'done',
    reason: '',
    neurons: { done: neurons.length, all: neurons.length },
    done: 1,
    position: 'epochs' in training ? `epoch ${training.epochs}/${training.epochs}` : null,
    loss: null,
    CORR: meanCorr(neurons),
    lastSign: null,
  };
}
