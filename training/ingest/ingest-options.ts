import type { IngestRequest } from '../../src/datasets/ingest-request.js';
import { formatWindow } from '../../src/datasets/window.js';
import type { IngestOptions } from './prepare-dataset.js';

/** What a request says about a recording, by what it concerns. */
export function ingestOptions(request: IngestRequest): IngestOptions {
  const { images, presentations, responses, split, firstImage } = request;
  const { window, baseline, black, white } = request;
  const { transpose, crop, gray, size, degreesPerPixel } = request;
  const { units, minRate, minReliability, keepBlanks, keepNear } = request;
  const { minRepeats, validation, seed } = request;
  return {
    names: { images, presentations, responses, split },
    times: { firstImage, window, baseline },
    transform: { transpose, crop, gray, size, degreesPerPixel },
    scale: { black, white },
    neurons: { units, minRate, minReliability },
    split: { minRepeats, validation, seed, keepNear },
    keepBlanks,
  };
}

/** The command that does what a request says, for a shell; where it has a monitor, with the file `monitor.json`. */
export function ingestCommand(recording: string, request: IngestRequest): string {
  const words = ['hypercolumn', 'ingest', quote(recording)];
  // The times of recipes are no part of the dataset.
  const { timeRecipes: _, ...options } = request;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === false) continue;
    words.push(`--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    if (value !== true) words.push(quote(formatValue(value)));
  }
  return words.join(' ');
}

function formatValue(value: NonNullable<IngestRequest[keyof IngestRequest]>): string {
  if (typeof value !== 'object') return String(value);
  if ('red' in value) return 'monitor.json';
  return 'from' in value ? formatWindow(value) : `${value.height}x${value.width}`;
}

function quote(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
