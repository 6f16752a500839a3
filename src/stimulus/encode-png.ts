import { loadImageLibrary } from './image-library.js';
import { pixelBytes } from './pixel-values.js';
import type { StimulusImage } from './stimuli.js';

/** Encodes one image as an 8-bit PNG, gray or in colour, 0..1 to 0..255, rounded. */
export async function encodePng(image: StimulusImage): Promise<Uint8Array> {
  const { height, width, channels, pixels } = image;
  const sharp = await loadImageLibrary();
  return sharp(pixelBytes(pixels), { raw: { height, width, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();
}
