import { z } from 'zod';

/**
 * What a field is measured in. Those in pixels may be given in degrees of visual angle instead; plain
 * `degrees` are of rotation or of phase.
 */
export type Unit = 'pixels' | 'cycles/pixel' | 'degrees';

/** Farther away, or larger, nothing is asked for in earnest; keeps float64 exact enough everywhere. */
export const MAX_PIXELS = 10_000;
/** A hundred turns. */
const MAX_DEGREES = 36_000;
/** The number of frames that one sequence may have. */
const MAX_FRAMES = 10_000;

/** Of a bar or of the bars of a grating. */
export const Orientation = angle(
  'of the bars, counter-clockwise from horizontal, y up; period 180',
);

export const SpatialFrequency = z
  .number()
  .positive()
  .max(0.5)
  .default(0.1)
  .meta({ description: 'across the bars', unit: 'cycles/pixel' });

export const Phase = angle('at the centre: at 0 the bar there is brightest');

/** Of what is brighter here and darker there than the background. */
export const Contrast = z
  .number()
  .min(0)
  .max(1)
  .optional()
  .meta({ description: 'Michelson; left out: the largest that the background allows' });

/** Of what is all brighter, or all darker, than the background. */
export const SignedContrast = z
  .number()
  .min(-1)
  .max(1)
  .optional()
  .meta({
    description:
      'Weber, (luminance - background) / background, below 0 darker than it; left out: the largest ' +
      'that the background allows',
  });

/** Of the centre of the stimulus. */
export const Position = {
  x: offset('of the centre, right of the image centre'),
  y: offset('of the centre, above the image centre'),
};

export const Diameter = length(20, 'of the aperture');
/** An aperture need not have an outer limit. */
export const OuterDiameter = Diameter.unwrap()
  .nullable()
  .default(20)
  .meta({ description: 'of the aperture; null: the whole image', unit: 'pixels' });
export const InnerDiameter = z
  .number()
  .min(0)
  .max(MAX_PIXELS)
  .default(0)
  .meta({ description: 'of a hole that makes the aperture an annulus; 0: none', unit: 'pixels' });
export const Edge = z.enum(['hard', 'cosine']).default('hard').meta({
  description: 'of the aperture: hard, or a raised cosine over the outer quarter of its radius',
});

/** How many stimuli a sequence has. */
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
