import { InputError } from '../../errors.js';
import type { Backdrop, Canvas, GrayImage, Stimuli } from '../stimuli.js';

/** What is painted on a canvas, frame by frame, before it becomes luminance. */
export interface Drawing {
  /** Stimuli in the sequence; 1 where it is none. */
  readonly frames: number;
  /** The brightest that any frame may be is `background * (1 + peak)`, whatever its phase; 0..1. */
  readonly peak: number;
  /** The modulation of frame `index`, [height, width], -1..1: luminance is `background * (1 + m)`. */
  readonly frame: (index: number) => Float64Array;
  /** Notes on what was chosen where the request left it open. */
  readonly notes: readonly string[];
}

/** The largest contrast around a gray that stays within 0..1, at most 1, rounded down. */
export function largestContrast({ background }: Backdrop): number {
  return Math.min(1, Math.floor((1 / background - 1) * 1000) / 1000);
}

/** A default contrast from here on is as good as 1: on the mean gray of most recordings it is less. */
const NEARLY_ONE = 0.95;

/**
 * The contrasts asked for, those left out replaced by the largest there is, and a note of that where it
 * is much less than 1.
 * @param name of the kind of contrast, since warnings name the RMS contrast of the image as well
 */
export function settleContrasts(
  canvas: Backdrop,
  asked: readonly (number | undefined)[],
  name: 'Michelson' | 'Weber',
): { contrasts: number[]; notes: string[] } {
  const largest = largestContrast(canvas);
  const settled = largest < NEARLY_ONE && asked.includes(undefined);
  const note = `${name} contrast ${largest}, the largest on a background of ${short(canvas.background)}`;
  return {
    contrasts: asked.map((contrast) => contrast ?? largest),
    notes: settled ? [note] : [],
  };
}

/**
 * @param clip whether pixels brighter than white become white
 * @throws InputError when it would be brighter than white and must not be clipped, or when nothing
 *   can be seen
 */
export function checkShowable(
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
      `${short(brightest)}, brighter than white; at most ${largestContrast(canvas)} can be shown`,
  );
}

/**
 * Paints one frame: `background * (1 + modulation)`, computed in float64 and rounded once.
 * @param pixels [height, width], written to
 * @returns how many pixels were brighter than white and are white
 */
export function paint(
  modulation: Float64Array,
  { background }: Backdrop,
  pixels: Float32Array,
): number {
  let clipped = 0;
  for (let i = 0; i < pixels.length; i++) {
    // a cosine may lie a rounding beyond -1..1
    pixels[i] = Math.max(0, background * (1 + modulation[i]!));
    if (pixels[i]! > 1) {
      pixels[i] = 1;
      clipped++;
    }
  }
  return clipped;
}

/** Multiplies layers of one size in place into the first. */
export function times(layer: Float64Array, factor: Float64Array | number | null): Float64Array {
  if (factor === null) return layer;
  if (typeof factor === 'number') {
    for (let i = 0; i < layer.length; i++) layer[i]! *= factor;
  } else {
    for (let i = 0; i < layer.length; i++) layer[i]! *= factor[i]!;
  }
  return layer;
}

/** Adds a layer in place to the first. */
export function plus(layer: Float64Array, other: Float64Array): Float64Array {
  for (let i = 0; i < layer.length; i++) layer[i]! += other[i]!;
  return layer;
}

/** The blank: one image of uniform background. */
export function blankStimulus({ height, width, background }: Canvas): Stimuli {
  return { count: 1, height, width, pixels: new Float32Array(height * width).fill(background) };
}

/** A drawing of one frame, painted. @throws InputError as `checkShowable` */
export function paintOne(drawing: Drawing, canvas: Canvas): GrayImage {
  checkShowable(drawing, canvas);
  const { height, width } = canvas;
  const pixels = new Float32Array(height * width);
  paint(drawing.frame(0), canvas, pixels);
  return { height, width, pixels };
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}
