import { PayloadTooLargeError, sizeText } from './errors.js';
import type { Size } from './fit.js';

/** How much one request may hold. */
export interface StimulusLimits {
  /** Stimuli per request. */
  readonly maxStimuli: number;
  /** Pixels (height x width) per stimulus as it was sent, before it is fitted. */
  readonly maxPixels: number;
}

/** @throws PayloadTooLargeError beyond `maxStimuli` */
export function checkCount(count: number, { maxStimuli }: StimulusLimits): void {
  if (count > maxStimuli) {
    throw new PayloadTooLargeError(`${count} stimuli; at most ${maxStimuli} are accepted at once`);
  }
}

/** @throws PayloadTooLargeError beyond `maxPixels` */
export function checkPixels(size: Size, { maxPixels }: StimulusLimits): void {
  if (size.height * size.width > maxPixels) {
    throw new PayloadTooLargeError(
      `a stimulus of ${sizeText(size)}; at most ${maxPixels} pixels are accepted`,
    );
  }
}
