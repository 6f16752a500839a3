import { setImmediate as others } from 'node:timers/promises';
import { type Stimuli, sliceStimuli, stimulusAt, stimulusDigest } from './stimuli.js';

/** Worked on at a time, a millisecond: a question that is read, asked and answered has several turns. */
const PIXELS = 2 ** 14;

/** Lets others have their turn. */
export type GiveWay = () => Promise<unknown>;

/**
 * Works on a few stimuli at a time and lets others have their turn in between, so that a large set
 * never holds up a single stimulus for long.
 * @returns what `work` gave for the parts, in order
 */
export async function inTurns<T>(
  stimuli: Stimuli,
  work: (part: Stimuli, from: number) => readonly T[],
  giveWay: GiveWay = others,
): Promise<T[]> {
  const { count, height, width } = stimuli;
  const each = Math.max(1, Math.floor(PIXELS / (height * width)));
  const results: T[] = [];
  for (let from = 0; from < count; from += each) {
    if (from > 0) await giveWay();
    const part = sliceStimuli(stimuli, from, Math.min(from + each, count));
    for (const result of work(part, from)) results.push(result);
  }
  return results;
}

/**
 * For work that goes on image by image.
 * @returns to be called after each: when enough was done it lets others have their turn
 */
export function turnTaker(
  giveWay: GiveWay = others,
): (size: { height: number; width: number }) => Promise<void> {
  let pixels = 0;
  return async ({ height, width }) => {
    pixels += height * width;
    if (pixels < PIXELS) return;
    pixels = 0;
    await giveWay();
  };
}

/** The digest of each stimulus, in order. */
export function stimulusDigests(stimuli: Stimuli): Promise<string[]> {
  return inTurns(stimuli, (part) =>
    Array.from({ length: part.count }, (_, i) => stimulusDigest(stimulusAt(part, i))),
  );
}
