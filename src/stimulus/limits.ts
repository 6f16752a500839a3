import { PayloadTooLargeError } from '../errors.js';
import { sizeText } from './errors.js';
import type { Size } from './fit.js';
import { imageLength, type StimulusShape } from './stimuli.js';

/** The limits of the stimuli of one request. */
export interface StimulusLimits {
  /** The number of stimuli in a request. */
  readonly maxStimuli: number;
  /**
   * The number of pixels (height x width) in a stimulus as it was sent, before it is fitted. All image files and
   * rendered stimuli of one request together may have 16 times as many values; a pixel in colour has three.
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

const TOTAL_FACTOR = 16;

/**
 * Counts the pixels of a request's image files and rendered stimuli, which need far more memory than the request.
 * @returns the function to call with the shape of each image before its pixels are decoded; it throws PayloadTooLargeError
 *   beyond the limit
 */
export function pixelCounter({ maxPixels }: StimulusLimits): (image: StimulusShape) => void {
  const max = TOTAL_FACTOR * maxPixels;
  let pixels = 0;
  return (image) => {
    pixels += imageLength(image);
    if (pixels <= max) return;
    throw new PayloadTooLargeError(
      `too many pixels of images in one request; expected at most ${max}`,
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
