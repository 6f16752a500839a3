import type { Channels } from '../formats/channels.js';
import { LUMA } from '../formats/luma.js';
import type { StimulusImage } from './stimuli.js';

const [RED, , BLUE] = LUMA;

/** The note on a stimulus in colour that became gray. */
export const GRAY_NOTE = 'converted to gray (Rec. 709 luma)';

/**
 * Rec. 709 luma of stored (gamma-encoded) values: 0.2126 R + 0.7152 G + 0.0722 B, in a form in which equal channels give
 * exactly their value.
 */
export function luma(red: number, green: number, blue: number): number {
  return green + RED * (red - green) + BLUE * (blue - green);
}

type Values = Pick<StimulusImage, 'channels' | 'pixels'>;

/** Returns the luma of each pixel of an image; a gray image is returned unchanged. */
export function toGray<Image extends Values>(image: Image): Image {
  if (image.channels === 1) return image;
  const values = image.pixels;
  const pixels = new Float32Array(values.length / 3);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = luma(values[3 * i]!, values[3 * i + 1]!, values[3 * i + 2]!);
  }
  return { ...image, channels: 1, pixels };
}

/** Repeats a gray image in three channels; a colour image is returned unchanged. */
export function toColour<Image extends Values>(image: Image): Image {
  if (image.channels === 3) return image;
  const pixels = new Float32Array(3 * image.pixels.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = image.pixels[Math.floor(i / 3)]!;
  return { ...image, channels: 3, pixels };
}

/** Gives an image a number of channels, by its luma or by repeating its gray. */
export function withChannels<Image extends Values>(image: Image, channels: Channels): Image {
  return channels === 1 ? toGray(image) : toColour(image);
}
