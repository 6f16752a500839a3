import sharp from 'sharp';
import { grayBytes } from './pixel-values.js';
import type { StimulusImage } from './stimuli.js';

/** Encodes one image as an 8-bit gray PNG, 0..1 to 0..255, rounded. */
export async function encodePng({ height, width, pixels }: StimulusImage): Promise<Uint8Array> {
  return sharp(grayBytes(pixels), { raw: { height, width, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}
