import { createHash } from 'node:crypto';

/** A gray image in 0..1 (0 black, 1 white), row-major, `pixels[y * width + x]`, y down. */
export interface GrayImage {
  readonly height: number;
  readonly width: number;
  readonly pixels: Float32Array;
}

/**
 * A batch of stimuli as the networks see them: gray images in 0..1 (0 black, 1 white), row-major,
 * `pixels[(i * height + y) * width + x]`, y down.
 */
export interface Stimuli {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly pixels: Float32Array;
}

/** The size of stimuli in pixels, the gray (0..1) of their background, and their scale. */
export interface Canvas {
  readonly height: number;
  readonly width: number;
  readonly background: number;
  /** Pixels per degree of visual angle, if known. */
  readonly pixelsPerDegree?: number | undefined;
}

/** The background of stimuli of any size: the gray (0..1) behind transparent pixels. */
export type Backdrop = Pick<Canvas, 'background'>;

/** Returns stimuli `from` (included) to `to` (excluded) as a view. */
export function sliceStimuli(stimuli: Stimuli, from: number, to: number): Stimuli {
  if (!(0 <= from && from <= to && to <= stimuli.count)) {
    throw new Error(`no stimuli ${from}..${to} in a batch of ${stimuli.count}`);
  }
  const { height, width, pixels } = stimuli;
  const size = height * width;
  return { count: to - from, height, width, pixels: pixels.subarray(from * size, to * size) };
}

/** Returns stimulus `index` of a batch as a view. */
export function stimulusAt(stimuli: Stimuli, index: number): GrayImage {
  const { height, width, pixels } = sliceStimuli(stimuli, index, index + 1);
  return { height, width, pixels };
}

/** Concatenates batches of one height and width. A single batch is not copied. */
export function concatStimuli(batches: readonly Stimuli[]): Stimuli {
  const first = batches[0];
  if (first === undefined) throw new Error('no stimuli to concatenate');
  if (batches.length === 1) return first;
  const { height, width } = first;
  const count = batches.reduce((sum, batch) => sum + batch.count, 0);
  const pixels = new Float32Array(count * height * width);
  let offset = 0;
  for (const batch of batches) {
    if (batch.height !== height || batch.width !== width) {
      throw new Error(
        `stimuli of ${batch.height}x${batch.width} cannot join a batch of ${height}x${width}`,
      );
    }
    pixels.set(batch.pixels, offset);
    offset += batch.pixels.length;
  }
  return { count, height, width, pixels };
}

/**
 * Computes the digest of a set of stimuli in order: sha256, in hex, over the digests of the stimuli,
 * 32 bytes each.
 */
export function setDigest(stimulusDigests: readonly string[]): string {
  const hash = createHash('sha256');
  for (const digest of stimulusDigests) hash.update(digest, 'hex');
  return hash.digest('hex');
}

/**
 * Computes the digest of one stimulus: sha256, in hex, over height and width (uint32) and the pixels
 * (float32), all little-endian, row-major. The same pixels give the same digest for every file format;
 * -0 counts as 0.
 */
export function stimulusDigest({ height, width, pixels }: GrayImage): string {
  const canonical = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) canonical[i] = pixels[i]! + 0; // -0 + 0 = 0
  return createHash('sha256')
    .update(new Uint8Array(Uint32Array.of(height, width).buffer))
    .update(new Uint8Array(canonical.buffer))
    .digest('hex');
}
