import { z } from 'zod';
import type { Canvas } from '../stimuli.js';
import { type Aperture, apertureCoverage } from './aperture.js';
import { diameter, Edge, length, Position, SignedContrast } from './fields.js';
import { type Drawing, settleContrasts, times } from './paint.js';

/** A uniform disc. */
export const Disc = z.strictObject({
  diameter: diameter('of the disc'),
  contrast: SignedContrast,
  ...Position,
  edge: Edge,
});
export type Disc = z.infer<typeof Disc>;

/** A uniform ring. */
export const Annulus = Disc.extend({
  diameter: diameter('outer one'),
  innerDiameter: length(10, 'of the hole'),
});
export type Annulus = z.infer<typeof Annulus>;

/** Draws a disc: L = background * (1 + a * contrast), where a is the share of the pixel inside. */
export function drawDisc(disc: Disc, canvas: Canvas): Drawing {
  return drawAnnulus({ ...disc, innerDiameter: 0 }, canvas);
}

/** Draws an annulus as `drawDisc` does. @throws InputError when the hole covers everything */
export function drawAnnulus(annulus: Annulus, canvas: Canvas): Drawing {
  const { contrasts, notes } = settleContrasts(canvas, [annulus.contrast], 'Weber');
  const contrast = contrasts[0]!;
  const aperture: Aperture = annulus;
  return {
    frames: 1,
    peak: Math.max(0, contrast),
    notes,
    // A diameter is an outer limit.
    frame: () => times(apertureCoverage(aperture, canvas, annulus)!, contrast),
  };
}
