import { createHash } from 'node:crypto';
import { InputError } from '../../../src/errors.js';
import { type ElementValues, STORED_BYTES } from '../../../src/formats/npy-elements.js';
import type { ImageSource } from '../lab-file.js';
import { type Fingerprint, fingerprint } from './near-images.js';
import type { Transform } from './transform.js';
import type { PixelRange } from './white.js';

/** An image with pixels that no earlier one has. */
export interface DistinctImage {
  /** Its index in the source. */
  readonly index: number;
  /** Of its pixels, after the changes: SHA-256, in hex. */
  readonly digest: string;
  readonly fingerprint: Fingerprint;
  /** Whether it is of one gray or colour all over, as a gray screen is. */
  readonly isBlank: boolean;
}

/** What one pass over the images finds. */
export interface ImageSurvey {
  /** In the order of the source. */
  readonly distinct: readonly DistinctImage[];
  /** Of each image of the source: the place of the distinct image that it is; -1 where it was never presented. */
  readonly places: Int32Array;
  /** Of the images that are not blank. */
  readonly range: PixelRange;
}

/** Numbers of images that are read at a time: each takes memory in two processes, and on the way between them. */
const BLOCK = 2 ** 21;
/** Bytes of images that are read at a time where they are compressed together. */
const MAX_BYTES = 2 ** 25;

/**
 * Reads all images once, in blocks.
 * @param isPresented of each image of the source
 * @param report is called with the number of images that are read
 */
export async function surveyImages(
  source: ImageSource,
  transform: Transform,
  isPresented: (index: number) => boolean,
  report: (done: number) => void,
): Promise<ImageSurvey> {
  const distinct: DistinctImage[] = [];
  const placeOf = new Map<string, number>();
  const places = new Int32Array(source.count).fill(-1);
  const range = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
  for await (const { first, images } of readBlocks(source, transform)) {
    for (const [offset, pixels] of images.entries()) {
      const index = first + offset;
      if (!isPresented(index)) continue;
      const digest = createHash('sha256').update(bytesOf(pixels)).digest('hex');
      let place = placeOf.get(digest);
      if (place === undefined) {
        place = distinct.length;
        placeOf.set(digest, place);
        const isBlank = isUniform(pixels, transform.channels);
        if (!isBlank) widen(range, pixels, `${source.name}: image ${index}`);
        distinct.push({ index, digest, fingerprint: fingerprint(pixels, transform), isBlank });
      }
      places[index] = place;
    }
    report(first + images.length);
  }
  return { distinct, places, range };
}

/** Images that are read at a time: whole parts of those that are compressed together, or much of one. */
export function imagesPerBlock(source: ImageSource): number {
  const { height, width, channels, element, together = 1 } = source;
  const numbers = height * width * channels;
  const few = Math.max(1, Math.floor(BLOCK / numbers));
  if (together <= few) return few - (few % together);
  return Math.max(
    few,
    Math.min(together, Math.floor(MAX_BYTES / (numbers * STORED_BYTES[element]))),
  );
}

/** Reads all images in blocks, and changes them. */
export async function* readBlocks(source: ImageSource, transform: Transform) {
  const perBlock = imagesPerBlock(source);
  const size = transform.height * transform.width * transform.channels;
  for (let first = 0; first < source.count; first += perBlock) {
    const count = Math.min(perBlock, source.count - first);
    const changed = transform.apply(await source.read(first, count), count);
    const images = Array.from({ length: count }, (_, i) =>
      changed.subarray(i * size, (i + 1) * size),
    );
    yield { first, images };
  }
}

function bytesOf(values: ElementValues): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function isUniform(pixels: ElementValues, channels: number): boolean {
  for (let i = channels; i < pixels.length; i++)
    if (pixels[i] !== pixels[i - channels]) return false;
  return true;
}

/** @throws InputError where a pixel is no number */
function widen(range: { min: number; max: number }, pixels: ElementValues, where: string): void {
  for (const pixel of pixels) {
    if (!Number.isFinite(pixel)) {
      throw new InputError(
        `${where} has a pixel of ${pixel}; expected the image as it was presented`,
      );
    }
    if (pixel < range.min) range.min = pixel;
    if (pixel > range.max) range.max = pixel;
  }
}
