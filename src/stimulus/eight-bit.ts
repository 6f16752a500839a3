import type { Size } from './fit.js';
import type { Stimuli, StimulusImage } from './stimuli.js';

/**
 * Reads images of one byte for each pixel, or for each of its channels, row-major, 0 black and 255 white.
 * @param images in base64
 * @returns undefined where an image does not have the size
 * @example eightBitStimuli(card.golden.stimuli, card.stimulus) // pixels of 0 to 1
 */
export function eightBitStimuli(
  images: readonly string[],
  { height, width, channels }: Size & Pick<StimulusImage, 'channels'>,
): Stimuli | undefined {
  const bytes = images.map((base64) => Buffer.from(base64, 'base64'));
  if (bytes.some(({ length }) => length !== height * width * channels)) return undefined;
  const pixels = Float32Array.from(Buffer.concat(bytes), (value) => value / 255);
  return { count: images.length, height, width, channels, pixels };
}
