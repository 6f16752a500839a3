import type { z } from 'zod';
import { InputError } from '../../errors.js';
import type { Colour } from '../colour/colour.js';
import { createShading } from '../colour/shading.js';
import {
  type Canvas,
  imageLength,
  type Stimuli,
  type StimulusImage,
  stimulusAt,
} from '../stimuli.js';
import { Bar, drawBar } from './bar.js';
import { CentreSurround, drawCentreSurround } from './centre-surround.js';
import { Annulus, Disc, drawAnnulus, drawDisc } from './disc.js';
import { drawGabor, Gabor } from './gabor.js';
import { DriftingGrating, drawDriftingGrating, drawGrating, Grating } from './grating.js';
import { checkLuminance, type Drawing, paint } from './paint.js';
import { drawPlaid, Plaid } from './plaid.js';
import { drawSparseNoise, SparseNoise } from './sparse-noise.js';

/** The kinds of parametric stimuli and their schemas. */
export const SCHEMAS = {
  grating: Grating,
  driftingGrating: DriftingGrating,
  gabor: Gabor,
  disc: Disc,
  annulus: Annulus,
  centreSurround: CentreSurround,
  plaid: Plaid,
  bar: Bar,
  sparseNoise: SparseNoise,
};

export type Kind = keyof typeof SCHEMAS;
/** The parameters of a kind, with lengths in pixels. */
export type Parameters<K extends Kind> = z.infer<(typeof SCHEMAS)[K]>;

const DRAW: {
  readonly [K in Kind]: (parameters: Parameters<K>, canvas: Canvas) => Drawing;
} = {
  grating: drawGrating,
  driftingGrating: drawDriftingGrating,
  gabor: drawGabor,
  disc: drawDisc,
  annulus: drawAnnulus,
  centreSurround: drawCentreSurround,
  plaid: drawPlaid,
  bar: drawBar,
  sparseNoise: drawSparseNoise,
};

/** A stimulus or a sequence of stimuli, described by its parameters. */
export interface Parametric<K extends Kind = Kind> {
  readonly kind: K;
  readonly parameters: Parameters<K>;
  /** Sets pixels brighter than white to white, in place of rejecting the stimulus. */
  readonly clip?: boolean;
  /** The direction of its modulation; gray if undefined. */
  readonly colour?: Colour | undefined;
}

export function isKind(name: string): name is Kind {
  return Object.hasOwn(SCHEMAS, name);
}

/** A stimulus that is ready to be painted. */
export interface Prepared {
  /** The number of stimuli in a sequence; 1 for other stimuli. */
  readonly frames: number;
  /** Paints frame `index` and returns notes on it. */
  readonly paint: (index: number) => { readonly image: StimulusImage; readonly notes: string[] };
}

/**
 * Prepares a stimulus for a canvas, so that its frames can be painted one at a time.
 * @throws InputError when it would be brighter than white and is not to be clipped, or when its
 *   parameters contradict each other
 */
export function prepare<K extends Kind>(stimulus: Parametric<K>, canvas: Canvas): Prepared {
  const { kind, parameters, clip = false } = stimulus;
  const shading = createShading(stimulus.colour, canvas);
  const about = { ...canvas, background: shading.background };
  const draw = DRAW[kind];
  const drawing = draw(parameters, about);
  checkLuminance(drawing, about, clip);
  return {
    frames: drawing.frames,
    paint: (index) => {
      const { image, clipped } = paint(drawing.frame(index), canvas, shading);
      if (clipped > 0 && !clip) {
        throw new InputError(
          `the colour is brighter than white in ${clipped} pixels; expected a smaller contrast, or "clip": true`,
        );
      }
      const note = `${clipped} pixels brighter than white are set to white`;
      return {
        image,
        notes: clipped === 0 ? [...drawing.notes] : [...drawing.notes, note],
      };
    },
  };
}

/**
 * Renders a stimulus, all frames of it: float64 inside, rounded once to float32.
 * @returns the frames as a batch, and notes on each
 * @throws InputError as `prepare`
 */
export function renderParametric<K extends Kind>(
  stimulus: Parametric<K>,
  canvas: Canvas,
): { readonly stimuli: Stimuli; readonly notes: readonly string[][] } {
  const prepared = prepare(stimulus, canvas);
  const { height, width, channels } = canvas;
  const { frames: count } = prepared;
  const pixels = new Float32Array(count * imageLength(canvas));
  const stimuli = { count, height, width, channels, pixels };
  const notes = Array.from({ length: count }, (_, i) => {
    const { image, notes } = prepared.paint(i);
    stimulusAt(stimuli, i).pixels.set(image.pixels);
    return notes;
  });
  return { stimuli, notes };
}
