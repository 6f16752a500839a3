import { PayloadTooLargeError } from '../errors.js';
import { sizeText } from './errors.js';
import type { Size } from './fit.js';

/** How much one request may hold. */
export interface StimulusLimits {
  /** Stimuli per request. */
  readonly maxStimuli: number;
  /**
   * Pixels (height x width) per stimulus as it was sent, before it is fitted; the image files of one
   * request, and what it has rendered, may hold 16 times as many.
   */
  readonly maxPixels: number;
}

/** @throws PayloadTooLargeError beyond `maxStimuli` */
export function checkCount(count: number, { maxStimuli }: StimulusLimits): void {
  if (count > maxStimuli) {
    throw new PayloadTooLargeError(
      `too many stimuli: ${count}; expected at most ${maxStimuli} in one request`,
    );
  }
}

const MAX_PIXELS_TIMES = 16;

/**
 * Counts the pixels of a request's image files, and of what is rendered for it: they take far more room
 * than what was sent.
 * @returns to be called with each size before its pixels are decoded; throws PayloadTooLargeError beyond
 *   the limit
 */
export function pixelCounter({ maxPixels }: StimulusLimits): (size: Size) => void {
  const most = MAX_PIXELS_TIMES * maxPixels;
  let pixels = 0;
  return ({ height, width }) => {
    pixels += height * width;
    if (pixels <= most) return;
    throw new PayloadTooLargeError(
      `too many pixels of images in one request; expected at most ${most}`,
    );
  };
}

/** @throws PayloadTooLargeError beyond `maxPixels` */
export function checkPixels(size: Size, { maxPixels }: StimulusLimits): void {
  if (size.height * size.width > maxPixels) {
    throw new PayloadTooLargeError(
      `stimulus too large: ${sizeText(size)}; expected at most ${maxPixels} pixels`,
    );
  }
}
