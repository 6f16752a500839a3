import { writeWhole } from '../../src/files/whole-file.js';
import { encodePng } from '../../src/stimulus/encode-png.js';
import { drawSheet } from '../../src/stimulus/sheet.js';
import { imageLength } from '../../src/stimulus/stimuli.js';
import type { PreparedDataset } from './prepare-dataset.js';

/** Images on the sheet, in two rows. */
const IMAGES = 10;
const COLUMNS = 5;
const BACKGROUND = 0.5;

/** Writes the sheet of `drawContactSheet` to a file. */
export async function writeContactSheet(file: string, dataset: PreparedDataset): Promise<void> {
  await writeWhole(file, await drawContactSheet(dataset));
}

/**
 * Draws a PNG of ten images, spread over the recording, as the dataset has them, gray or in colour: a person sees whether they are
 * upright, and not transposed.
 */
export async function drawContactSheet(dataset: PreparedDataset): Promise<Uint8Array> {
  const { sources, transform, scale, images } = dataset;
  const { height, width, channels } = transform;
  const count = Math.min(IMAGES, images.length);
  const size = imageLength(transform);
  const pixels = new Float32Array(count * size);
  for (let i = 0; i < count; i++) {
    const { index } = images[Math.floor((i * images.length) / count)]!;
    const values = transform.apply(await sources.images.read(index, 1), 1);
    for (let k = 0; k < size; k++) {
      pixels[i * size + k] = (values[k]! - scale.black) / (scale.white - scale.black);
    }
  }
  const sheet = drawSheet({ count, height, width, channels, pixels }, BACKGROUND, COLUMNS);
  return await encodePng(sheet);
}
