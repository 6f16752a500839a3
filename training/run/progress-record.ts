import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../src/errors.js';
import { Interrupted } from './interruption.js';
import type { HeldLock } from './lock.js';
import type { TrainingReport } from './population.js';
import {
  countAllSteps,
  countStepsDone,
  describePosition,
  meanCorr,
  type StagePlan,
} from './progress.js';
import { replaceFile } from './replace-file.js';

/** How far a training has come, for other processes. */
export const ProgressRecord = z.strictObject({
  /** When it was written. */
  at: z.iso.datetime(),
  /** Of the model that is trained. */
  recipe: z.string(),
  /** Neurons of the model, and those of them that are trained. */
  neurons: z.int().positive(),
  trained: z.int().nonnegative(),
  /** Place in the plan, such as `population 2/3, epoch 4/50`. */
  position: z.string(),
  /** Mean over the neurons of the last batch's loss; null where it is not finite. */
  loss: z.number().nullable(),
  /** Mean over the neurons after the last epoch; null where it is undefined, or no epoch has ended. */
  CORR: z.number().nullable(),
  /** Share of the whole work, 0 to 1. */
  done: z.number().min(0).max(1),
  /** Null while it goes on. */
  end: z.strictObject({ state: z.enum(['interrupted', 'failed']), message: z.string() }).nullable(),
});
export type ProgressRecord = z.infer<typeof ProgressRecord>;

/** Writes how far a training has come. */
export interface ProgressWriter {
  /**
   * @param stage which of the plan's, from 0
   * @param population which of the stage's, from 0
   */
  report(stage: number, population: number, progress: TrainingReport): void;
  /** Notes why it ended without a model. */
  end(error: unknown): void;
  /** Deletes the record of a training that is finished: the model has it all. */
  remove(): void;
}

/** Seconds between two records in an epoch. */
const INTERVAL = 1;

/**
 * Keeps a record in a hidden file of the model's folder. A record that cannot be written is left out: no training ends
 * for that. A process that has lost its lock writes none.
 * @param place the folder of the model, or of its shard
 * @param clock in seconds
 */
export function createProgressWriter(
  place: string,
  stages: readonly StagePlan[],
  clock: () => number,
  { isHeld }: Pick<HeldLock, 'isHeld'>,
): ProgressWriter {
  const file = recordFile(place);
  const last = stages.length - 1;
  const { name: recipe, populations } = stages[last]!;
  const neurons = sum(populations);
  let written = Number.NEGATIVE_INFINITY;
  let CORR: number | null = null;
  let record: ProgressRecord | undefined;
  return {
    report(stage, population, progress) {
      const { loss, fits } = progress;
      if (fits) CORR = meanCorr(fits);
      record = {
        at: new Date().toISOString(),
        recipe,
        neurons,
        trained: stage === last ? sum(populations.slice(0, population)) : 0,
        position: describePosition(stages, stage, population, progress),
        loss: Number.isFinite(loss) ? loss : null,
        CORR,
        done: countStepsDone(stages, stage, population, progress) / countAllSteps(stages),
        end: null,
      };
      if (!fits && clock() - written < INTERVAL) return;
      written = clock();
      write(record);
    },
    end(error) {
      if (record === undefined) return;
      const message = messageOf(error);
      const state = error instanceof Interrupted ? 'interrupted' : 'failed';
      write({ ...record, at: new Date().toISOString(), end: { state, message } });
    },
    remove: () => rmSync(file, { force: true }),
  };

  function write(value: ProgressRecord): void {
    if (!isHeld()) return;
    replaceFile(file, `${JSON.stringify(value)}\n`);
  }
}

/** @returns undefined where there is none, or none that can be read */
export async function readProgress(place: string): Promise<ProgressRecord | undefined> {
  try {
    return ProgressRecord.parse(JSON.parse(await readFile(recordFile(place), 'utf8')));
  } catch {
    return undefined;
  }
}

function recordFile(place: string): string {
  return path.join(place, '.progress.json');
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
