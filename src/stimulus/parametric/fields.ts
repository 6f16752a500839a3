import { z } from 'zod';
import type { Canvas } from '../stimuli.js';
import { largestContrast } from './paint.js';
import { logSpaced, spaced, sweptAt } from './sweep-values.js';

/**
 * The unit of a field. Fields in pixels may also be given in degrees of visual angle; plain `degrees` are of
 * rotation or of phase.
 */
export type Unit = 'pixels' | 'cycles/pixel' | 'degrees';

/** The limit of lengths and positions, far beyond any image, within which float64 is exact enough. */
export const MAX_PIXELS = 10_000;
/** The limit of angles: a hundred rotations. */
const MAX_DEGREES = 36_000;
/** The largest number of frames in a sequence. */
const MAX_FRAMES = 10_000;
/** The highest default frequency; at 0.5 a cycle is two pixels, and the image depends strongly on the phase. */
const HIGHEST_FREQUENCY = 0.4;
/** The ratio of the largest to the smallest default diameter. */
const DIAMETERS_SPAN = 25;
/** The number of default positions along an axis. */
const POSITIONS = 21;

/** The orientation of a bar or of the bars of a grating. */
export const Orientation = sweptAt(
  angle('of the bars, counter-clockwise from horizontal, y up; period 180'),
  () => spaced(12, (i) => 15 * i),
);

export const SpatialFrequency = sweptAt(
  z
    .number()
    .positive()
    .max(0.5)
    .default(0.1)
    .meta({ description: 'across the bars', unit: 'cycles/pixel' }),
  (canvas) =>
    logSpaced(22, Math.min(HIGHEST_FREQUENCY / 4, 1 / shorterSide(canvas)), HIGHEST_FREQUENCY),
);

export const Phase = sweptAt(angle('at the centre: at 0 the bar there is brightest'), () =>
  spaced(8, (i) => 45 * i),
);

/** The contrast of stimuli with parts brighter and parts darker than the background. */
export const Contrast = michelson('Michelson; left out: the largest that the background allows');

/** The contrast of stimuli that are entirely brighter, or entirely darker, than the background. */
export const SignedContrast = sweptAt(
  z
    .number()
    .min(-1)
    .max(1)
    .optional()
    .meta({
      description:
        'Weber, (luminance - background) / background, below 0 darker than it; left out: the largest ' +
        'that the background allows',
    }),
  contrastValues,
);

/** The position of the centre of the stimulus. */
export const Position = {
  x: sweptAt(offset('of the centre, right of the image centre'), ({ width }) => centred(width)),
  y: sweptAt(offset('of the centre, above the image centre'), ({ height }) => centred(height)),
};

export const Diameter = diameter('of the aperture');
/** The outer diameter of an aperture, which may have no outer limit. */
export const OuterDiameter = sweptAt(
  Diameter.unwrap()
    .nullable()
    .default(20)
    .meta({ description: 'of the aperture; null: the whole image', unit: 'pixels' }),
  diameterValues,
);
export const InnerDiameter = sweptAt(
  z
    .number()
    .min(0)
    .max(MAX_PIXELS)
    .default(0)
    .meta({ description: 'of a hole that makes the aperture an annulus; 0: none', unit: 'pixels' }),
  (canvas) => spaced(8, (i) => (2 * i * shorterSide(canvas)) / 50),
);
export const Edge = z.enum(['hard', 'cosine']).default('hard').meta({
  description: 'of the aperture: hard, or a raised cosine over the outer quarter of its radius',
});

/** A diameter above 0. */
export function diameter(description: string) {
  return sweptAt(length(20, description), diameterValues);
}

/** A contrast between bright and dark bars. */
export function michelson(description: string) {
  return sweptAt(z.number().min(0).max(1).optional().meta({ description }), contrastValues);
}

/** The number of stimuli in a sequence. */
export function frames(many: number) {
  return z
    .int()
    .min(1)
    .max(MAX_FRAMES)
    .default(many)
    .meta({ description: 'of the sequence, each of them one stimulus' });
}

export function angle(description: string, value = 0) {
  return z
    .number()
    .min(-MAX_DEGREES)
    .max(MAX_DEGREES)
    .default(value)
    .meta({ description, unit: 'degrees' });
}

/** A length above 0. */
export function length(value: number, description: string) {
  return z.number().positive().max(MAX_PIXELS).default(value).meta({ description, unit: 'pixels' });
}

function offset(description: string) {
  return z
    .number()
    .min(-MAX_PIXELS)
    .max(MAX_PIXELS)
    .default(0)
    .meta({ description, unit: 'pixels' });
}

function shorterSide({ height, width }: Canvas): number {
  return Math.min(height, width);
}

/** Twelve diameters, log2-spaced up to the shorter side of the image. */
function diameterValues(canvas: Canvas): number[] {
  const side = shorterSide(canvas);
  return logSpaced(12, side / DIAMETERS_SPAN, side);
}

/** Positions over the whole extent of the image. */
function centred(extent: number): number[] {
  return spaced(POSITIONS, (i) => ((i - (POSITIONS - 1) / 2) * extent) / POSITIONS);
}

/** Nine contrasts in half octaves up to the largest. */
function contrastValues(canvas: Canvas): number[] {
  return logSpaced(9, largestContrast(canvas) / 16, largestContrast(canvas));
}
