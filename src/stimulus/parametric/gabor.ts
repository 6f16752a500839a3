import { z } from 'zod';
import type { Canvas } from '../stimuli.js';
import { carrier, cosSinDegrees } from './carrier.js';
import { Contrast, length, MAX_PIXELS, Orientation, Phase, Position } from './fields.js';
import { type Drawing, settleContrasts, times } from './paint.js';
import { replacing } from './replacing.js';
import { logSpaced, sweptAt } from './sweep-values.js';

/** A grating under a Gaussian. */
export const Gabor = z.strictObject({
  orientation: Orientation,
  wavelength: z
    .number()
    .min(2)
    .max(MAX_PIXELS)
    .default(10)
    .meta({ description: 'across the bars', unit: 'pixels' }),
  phase: Phase,
  contrast: Contrast,
  sigmaX: length(7, 'of the Gaussian, across the bars'),
  sigmaY: length(7, 'of the Gaussian, along the bars'),
  aspectRatio: replacing(
    'sigmaY',
    sweptAt(
      z.number().min(0.05).max(20).optional().meta({
        description: 'sigmaX / sigmaY, in place of sigmaY; below 1 longer along the bars',
      }),
      () => logSpaced(9, 0.25, 4),
    ),
  ),
  ...Position,
});
export type Gabor = z.infer<typeof Gabor>;

/**
 * Draws a Gabor: L = background * (1 + contrast * exp(-x'^2 / (2 sigmaX^2) - y'^2 / (2 sigmaY^2)) *
 * cos(2 pi x' / wavelength + phase)), with x' across the bars as in `carrier`, and y' along them. An
 * aspect ratio gives sigmaY = sigmaX / aspectRatio.
 */
export function drawGabor(gabor: Gabor, canvas: Canvas): Drawing {
  const { contrasts, notes } = settleContrasts(canvas, [gabor.contrast], 'Michelson');
  const contrast = contrasts[0]!;
  const wave = { ...gabor, spatialFrequency: 1 / gabor.wavelength };
  return {
    frames: 1,
    peak: contrast,
    notes,
    frame: () => times(times(carrier(canvas, wave), contrast), envelope(gabor, canvas)),
  };
}

function envelope(gabor: Gabor, { height, width }: Canvas): Float64Array {
  const { sigmaX, aspectRatio } = gabor;
  const sigmaY = aspectRatio === undefined ? gabor.sigmaY : sigmaX / aspectRatio;
  const { cos, sin } = cosSinDegrees(gabor.orientation);
  const values = new Float64Array(height * width);
  for (let row = 0, i = 0; row < height; row++) {
    const y = (height - 1) / 2 - row - gabor.y;
    for (let column = 0; column < width; column++, i++) {
      const x = column - (width - 1) / 2 - gabor.x;
      const across = (-x * sin + y * cos) / sigmaX;
      const along = (x * cos + y * sin) / sigmaY;
      values[i] = Math.exp(-(across * across + along * along) / 2);
    }
  }
  return values;
}
