import { setImmediate } from 'node:timers/promises';
import { type Stimuli, sliceStimuli, stimulusAt, stimulusDigest } from './stimuli.js';

/** The number of pixels in a chunk, which is about a millisecond of work. */
const PIXELS = 2 ** 14;

/** Lets other work of this thread run. */
export type YieldToEventLoop = () => Promise<unknown>;

/**
 * Processes stimuli in chunks and lets other work run between the chunks, so that a large set never delays a
 * single stimulus for long.
 * @returns the results of `work` for all chunks, in order
 */
export async function inChunks<T>(
  stimuli: Stimuli,
  work: (part: Stimuli, from: number) => readonly T[],
  yieldToEventLoop: YieldToEventLoop = () => setImmediate(),
): Promise<T[]> {
  const { count, height, width } = stimuli;
  const each = Math.max(1, Math.floor(PIXELS / (height * width)));
  const results: T[] = [];
  for (let from = 0; from < count; from += each) {
    if (from > 0) await yieldToEventLoop();
    const part = sliceStimuli(stimuli, from, Math.min(from + each, count));
    for (const result of work(part, from)) results.push(result);
  }
  return results;
}

/**
 * Makes a function for work on images in order.
 * @returns the function to call after each image; it yields after enough pixels
 */
export function createYielder(
  yieldToEventLoop: YieldToEventLoop = () => setImmediate(),
): (size: { height: number; width: number }) => Promise<void> {
  let pixels = 0;
  return async ({ height, width }) => {
    pixels += height * width;
    if (pixels < PIXELS) return;
    pixels = 0;
    await yieldToEventLoop();
  };
}

/** Computes the digest of each stimulus, in order. */
export function stimulusDigests(stimuli: Stimuli): Promise<string[]> {
  return inChunks(stimuli, (part) =>
    Array.from({ length: part.count }, (_, i) => stimulusDigest(stimulusAt(part, i))),
  );
}
