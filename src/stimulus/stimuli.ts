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

/** What stimuli are made for: their size in pixels, and the gray (0..1) of the background. */
export interface Canvas {
  readonly height: number;
  readonly width: number;
  readonly background: number;
  /** Of visual angle, where it is known. */
  readonly pixelsPerDegree?: number | undefined;
}

/** What stimuli of any size are made for: the gray (0..1) behind what is transparent. */
export type Backdrop = Pick<Canvas, 'background'>;

/** Stimuli `from` (included) to `to` (excluded): a view, no copy. */
export function sliceStimuli(stimuli: Stimuli, from: number, to: number): Stimuli {
  if (!(0 <= from && from <= to && to <= stimuli.count)) {
    throw new Error(`no stimuli ${from}..${to} in a batch of ${stimuli.count}`);
  }
  const { height, width, pixels } = stimuli;
  const size = height * width;
  return { count: to - from, height, width, pixels: pixels.subarray(from * size, to * size) };
}

/** Stimulus `index` of a batch: a view, no copy. */
export function stimulusAt(stimuli: Stimuli, index: number): GrayImage {
  const { height, width, pixels } = sliceStimuli(stimuli, index, index + 1);
  return { height, width, pixels };
}

/** Batches of one height and width, one after the other. A single batch is not copied. */
export function concatStimuli(batches: readonly Stimuli[]): Stimuli {
  const first = batches[0];
  if (first === undefined) throw new Error('no stimuli to put together');
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
 * The digest of a set of stimuli, in their order: sha256, in hex, over the digests of the stimuli,
 * 32 bytes each.
 */
export function setDigest(stimulusDigests: readonly string[]): string {
  const hash = createHash('sha256');
  for (const digest of stimulusDigests) hash.update(digest, 'hex');
  return hash.digest('hex');
}

/**
 * The digest of one stimulus: sha256, in hex, over height and width (uint32) and the pixels
 * (float32), all little-endian, row-major. The same pixels give the same digest whatever file they
 * came in; the two zeros of floating point count as one.
 */
export function stimulusDigest({ height, width, pixels }: GrayImage): string {
  const canonical = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) canonical[i] = pixels[i]! + 0; // -0 + 0 = 0
  return createHash('sha256')
    .update(new Uint8Array(Uint32Array.of(height, width).buffer))
    .update(new Uint8Array(canonical.buffer))
    .digest('hex');
}
