import { type Stimuli, type StimulusImage, stimulusAt } from './stimuli.js';

/** Returns the number of stimuli in a row that makes the sheet about square. */
export function sheetColumns(count: number): number {
  return Math.ceil(Math.sqrt(count));
}

/**
 * Draws stimuli on one image, row by row from the top left, without gaps. The rest of the last row is
 * background. A single stimulus is returned unchanged.
 * @param background 0..1
 */
export function drawSheet(
  stimuli: Stimuli,
  background: number,
  columns = sheetColumns(stimuli.count),
): StimulusImage {
  const { channels } = stimuli;
  const width = columns * stimuli.width;
  const height = Math.ceil(stimuli.count / columns) * stimuli.height;
  const pixels = new Float32Array(height * width * channels).fill(background);
  const across = stimuli.width * channels;
  for (let i = 0; i < stimuli.count; i++) {
    const stimulus = stimulusAt(stimuli, i);
    const top = Math.floor(i / columns) * stimuli.height;
    const left = (i % columns) * stimuli.width;
    for (let y = 0; y < stimuli.height; y++) {
      const row = stimulus.pixels.subarray(y * across, (y + 1) * across);
      pixels.set(row, ((top + y) * width + left) * channels);
    }
  }
  return { height, width, channels, pixels };
}
