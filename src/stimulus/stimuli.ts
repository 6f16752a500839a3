import { hash } from 'node:crypto';
import type { Channels } from '../formats/channels.js';
import type { Monitor } from './colour/monitor.js';

/** The size of images in pixels, and their channels. */
export interface StimulusShape {
  readonly height: number;
  readonly width: number;
  readonly channels: Channels;
}

/**
 * An image in 0..1 (0 black, 1 white, as files store it: gamma-encoded), row-major,
 * `pixels[(y * width + x) * channels + c]`, y down, c red, green and blue.
 */
export interface StimulusImage extends StimulusShape {
  readonly pixels: Float32Array;
}

/**
 * A batch of stimuli as the networks see them: images in 0..1 (0 black, 1 white), row-major,
 * `pixels[((i * height + y) * width + x) * channels + c]`, y down, c red, green and blue.
 */
export interface Stimuli extends StimulusImage {
  readonly count: number;
}

/** The size of stimuli in pixels, their channels, the gray (0..1) of their background, and their scale. */
export interface Canvas extends StimulusShape {
  readonly background: number;
  /** Pixels per degree of visual angle, if known. */
  readonly pixelsPerDegree?: number | undefined;
  /** The monitor, if known: directions in DKL need it. */
  readonly monitor?: Monitor | undefined;
}

/** The background of stimuli of any size: the gray (0..1) behind transparent pixels. */
export type Backdrop = Pick<Canvas, 'background'>;

/** Computes the number of values of one image. */
export function imageLength({ height, width, channels }: StimulusShape): number {
  return height * width * channels;
}

/** Lists the axes of an image: [height, width] of a gray one, [height, width, 3] of one in colour. */
export function imageAxes({ height, width, channels }: StimulusShape): number[] {
  return channels === 1 ? [height, width] : [height, width, channels];
}

/** Returns stimuli `from` (included) to `to` (excluded) as a view. */
export function sliceStimuli(stimuli: Stimuli, from: number, to: number): Stimuli {
  if (!(0 <= from && from <= to && to <= stimuli.count)) {
    throw new Error(`no stimuli ${from}..${to} in a batch of ${stimuli.count}`);
  }
  const size = imageLength(stimuli);
  return { ...stimuli, count: to - from, pixels: stimuli.pixels.subarray(from * size, to * size) };
}

/** Returns stimulus `index` of a batch as a view. */
export function stimulusAt(stimuli: Stimuli, index: number): StimulusImage {
  const { height, width, channels, pixels } = sliceStimuli(stimuli, index, index + 1);
  return { height, width, channels, pixels };
}

/** Concatenates batches of one height, width and number of channels. A single batch is not copied. */
export function concatStimuli(batches: readonly Stimuli[]): Stimuli {
  const first = batches[0];
  if (first === undefined) throw new Error('no stimuli to concatenate');
  if (batches.length === 1) return first;
  const { height, width, channels } = first;
  const count = batches.reduce((sum, batch) => sum + batch.count, 0);
  const pixels = new Float32Array(count * imageLength(first));
  let offset = 0;
  for (const batch of batches) {
    if (shapeText(batch) !== shapeText(first)) {
      throw new Error(`stimuli of ${shapeText(batch)} cannot join a batch of ${shapeText(first)}`);
    }
    pixels.set(batch.pixels, offset);
    offset += batch.pixels.length;
  }
  return { count, height, width, channels, pixels };
}

function shapeText(image: StimulusShape): string {
  return imageAxes(image).join('x');
}

/**
 * Computes the digest of a set of stimuli in order: sha256, in hex, over the digests of the stimuli,
 * 32 bytes each.
 */
export function setDigest(stimulusDigests: readonly string[]): string {
  return hash('sha256', Buffer.from(stimulusDigests.join(''), 'hex'));
}

/**
 * Computes the digest of one stimulus: sha256, in hex, over height and width (uint32), for colour the number of
 * channels too, and the pixels (float32), all little-endian, row-major. The same pixels give the same digest for every
 * file format; -0 counts as 0.
 */
export function stimulusDigest(image: StimulusImage): string {
  const { pixels } = image;
  const axes = imageAxes(image);
  const canonical = new Float32Array(axes.length + pixels.length);
  new Uint32Array(canonical.buffer).set(axes);
  for (let i = 0; i < pixels.length; i++) canonical[axes.length + i] = pixels[i]! + 0; // -0 + 0 = 0
  return hash('sha256', new Uint8Array(canonical.buffer));
}
