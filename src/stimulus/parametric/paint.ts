import { InputError } from '../../errors.js';
import { createShading, type Shading } from '../colour/shading.js';
import type { Backdrop, Canvas, Stimuli, StimulusImage, StimulusShape } from '../stimuli.js';

/** A drawing of modulations, frame by frame, from which luminance is computed. */
export interface Drawing {
  /** The number of stimuli in a sequence; 1 for other stimuli. */
  readonly frames: number;
  /** The largest possible modulation, 0..1: no frame is brighter than `background * (1 + peak)` at any phase. */
  readonly peak: number;
  /** The modulation of frame `index`, [height, width], -1..1: luminance is `background * (1 + m)`. */
  readonly frame: (index: number) => Float64Array;
  /** Notes on values that the request did not set. */
  readonly notes: readonly string[];
}

/** Computes the largest contrast, at most 1 and rounded down, that stays within 0..1 on a background. */
export function largestContrast({ background }: Backdrop): number {
  return Math.min(1, Math.floor((1 / background - 1) * 1000) / 1000);
}

/** A default contrast below this value gets a note. */
const NEARLY_ONE = 0.95;

/**
 * Replaces missing contrasts by the largest possible one, and adds a note if that is much less than 1.
 * @param name the kind of contrast, since warnings also name the RMS contrast of the image
 */
export function settleContrasts(
  canvas: Backdrop,
  requested: readonly (number | undefined)[],
  name: 'Michelson' | 'Weber',
): { contrasts: number[]; notes: string[] } {
  const largest = largestContrast(canvas);
  const settled = largest < NEARLY_ONE && requested.includes(undefined);
  const note = `${name} contrast ${largest}, the largest on a background of ${short(canvas.background)}`;
  return {
    contrasts: requested.map((contrast) => contrast ?? largest),
    notes: settled ? [note] : [],
  };
}

/**
 * @param clip whether pixels brighter than white become white
 * @throws InputError when it would be brighter than white and must not be clipped, or when nothing
 *   can be seen
 */
export function checkLuminance(
  { peak }: Pick<Drawing, 'peak'>,
  canvas: Backdrop,
  clip = false,
): void {
  const { background } = canvas;
  if (background === 0) {
    throw new InputError('contrast is relative to the background, and this one is black');
  }
  const brightest = background * (1 + peak);
  if (clip || Math.fround(brightest) <= 1) return;
  throw new InputError(
    `contrast ${short(peak)} on a background of ${short(background)} needs luminance ` +
      `${short(brightest)}, brighter than white; expected at most ${largestContrast(canvas)}`,
  );
}

/**
 * Paints one frame, computed in float64 and rounded once.
 * @param modulation [height, width]
 * @returns the image, and the number of pixels that were brighter than white and were set to white
 */
export function paint(
  modulation: Float64Array,
  { height, width, channels }: StimulusShape,
  { value: shade }: Pick<Shading, 'value'>,
): { readonly image: StimulusImage; readonly clipped: number } {
  const pixels = new Float32Array(height * width * channels);
  let clipped = 0;
  for (let i = 0, at = 0; i < modulation.length; i++) {
    // Rounding can move a cosine slightly beyond -1..1.
    let brightest = 0;
    for (let c = 0; c < channels; c++, at++) {
      const value = Math.fround(Math.max(0, shade(modulation[i]!, c)));
      brightest = Math.max(brightest, value);
      pixels[at] = Math.min(1, value);
    }
    if (brightest > 1) clipped++;
  }
  return { image: { height, width, channels, pixels }, clipped };
}

/** Multiplies layers of one size into the first layer, in place. */
export function times(layer: Float64Array, factor: Float64Array | number | null): Float64Array {
  if (factor === null) return layer;
  if (typeof factor === 'number') {
    for (let i = 0; i < layer.length; i++) layer[i]! *= factor;
  } else {
    for (let i = 0; i < layer.length; i++) layer[i]! *= factor[i]!;
  }
  return layer;
}

/** Adds a layer to the first layer, in place. */
export function plus(layer: Float64Array, other: Float64Array): Float64Array {
  for (let i = 0; i < layer.length; i++) layer[i]! += other[i]!;
  return layer;
}

/** Makes the blank: one image of uniform background. */
export function blankStimulus({ height, width, channels, background }: Canvas): Stimuli {
  const pixels = new Float32Array(height * width * channels).fill(background);
  return { count: 1, height, width, channels, pixels };
}

/** Paints a drawing of one frame. @throws InputError as `checkLuminance` */
export function paintOne(drawing: Drawing, canvas: Canvas): StimulusImage {
  checkLuminance(drawing, canvas);
  return paint(drawing.frame(0), canvas, createShading(undefined, canvas)).image;
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}
