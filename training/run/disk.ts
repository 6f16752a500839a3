import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';

/** Bytes of a card and its golden stimuli, and of what a file system adds. */
const BESIDE_WEIGHTS = 2 ** 20;
/** Weights kept and current, and the two moments of the optimiser. */
const COPIES_IN_CHECKPOINT = 4;

/** What is written of one stage. */
export interface StageSize {
  readonly neurons: number;
  /** Neurons trained together. */
  readonly chunk: number;
  /** Numbers in one network. */
  readonly parameters: number;
}

/**
 * Bytes that a training writes at most: the models of its stages, and with them the largest
 * checkpoint, of which there are two while one takes the other's place.
 */
export function diskNeeded(stages: readonly StageSize[]): number {
  const model = ({ neurons, parameters }: StageSize) => 4 * neurons * parameters + BESIDE_WEIGHTS;
  const checkpoint = (stage: StageSize) =>
    model(stage) + 2 * COPIES_IN_CHECKPOINT * 4 * stage.chunk * stage.parameters;
  return stages.reduce((sum, stage) => sum + model(stage), 0) + Math.max(...stages.map(checkpoint));
}

/** @throws InputError where less than `needed` bytes are free */
export function checkDisk(folder: string, needed: number, free: number): void {
  if (free >= needed) return;
  throw new InputError(
    `${folder}: the training writes up to ${Math.ceil(needed / 1e6)} MB, and ${Math.floor(free / 1e6)} MB are free ` +
      'there: make room, or choose another --out',
  );
}

/** Bytes free to this user where a folder is, or will be. */
export async function freeDisk(folder: string): Promise<number> {
  for (let place = path.resolve(folder); ; place = path.dirname(place)) {
    try {
      const { bavail, bsize } = await statfs(place);
      return bavail * bsize;
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!isMissing || place === path.dirname(place)) throw error;
    }
  }
}
