import path from 'node:path';
import type { NwbPresentations } from './presentations.js';

/**
 * Divides the trials of a table in which several stimuli count their images, each from 0: index 5 is another image in
 * each of them.
 * @param stimuli of each trial, its name
 * @param sources names of images, of which one may be that of a stimulus
 * @returns the trials as they are where one stimulus alone has images
 */
export function splitByStimulus(
  trials: NwbPresentations,
  stimuli: readonly string[],
  sources: readonly string[],
): NwbPresentations[] {
  const { name, image, onset, images } = trials;
  const own = new Set(stimuli.filter((_, trial) => image[trial] !== -1));
  if (images !== undefined || own.size < 2) return [trials];
  return [...own].map((stimulus) => {
    const isOwn = (_: number, trial: number) => stimuli[trial] === stimulus;
    return {
      name: `${name} of ${stimulus}`,
      images: sources.find((source) => path.posix.basename(source) === stimulus),
      image: image.filter(isOwn),
      onset: onset.filter(isOwn),
    };
  });
}
