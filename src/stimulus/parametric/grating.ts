import { z } from 'zod';
import { type Canvas, imageLength, type Stimuli, type StimulusImage } from '../stimuli.js';
import { apertureCoverage } from './aperture.js';
import { carrier } from './carrier.js';
import {
  angle,
  Contrast,
  Edge,
  frames,
  InnerDiameter,
  Orientation,
  OuterDiameter,
  Phase,
  Position,
  SpatialFrequency,
} from './fields.js';
import { type Drawing, paintOne, settleContrasts, times } from './paint.js';
import { spaced, sweptAt } from './sweep-values.js';

/** A static sinusoidal grating, behind an aperture or over the whole image. */
export const Grating = z.strictObject({
  orientation: Orientation,
  spatialFrequency: SpatialFrequency,
  phase: Phase,
  contrast: Contrast,
  diameter: OuterDiameter,
  innerDiameter: InnerDiameter,
  ...Position,
  edge: Edge,
});
export type Grating = z.infer<typeof Grating>;

/** A grating that drifts behind its aperture: one static grating for each frame. */
export const DriftingGrating = z.strictObject({
  direction: sweptAt(
    angle(
      'in which it drifts, counter-clockwise from right: orientation of the bars + 90; period 360',
      90,
    ),
    () => spaced(24, (i) => 15 * i),
  ),
  ...Grating.omit({ orientation: true }).shape,
  step: angle('of phase from frame to frame; below 0 it drifts the other way', 45),
  frames: frames(8),
});
export type DriftingGrating = z.infer<typeof DriftingGrating>;

/**
 * Draws a grating: L = background * (1 + a * contrast * cos(2 pi sf x' + phase)), with x' as in `carrier`
 * and a the share of the pixel inside the aperture. A rotation by 180 degrees changes the sign of the
 * phase.
 * @throws InputError when the hole covers everything
 */
export function drawGrating(grating: Grating, canvas: Canvas): Drawing {
  const { contrasts, notes } = settleContrasts(canvas, [grating.contrast], 'Michelson');
  const contrast = contrasts[0]!;
  const coverage = apertureCoverage(grating, canvas, grating);
  return {
    frames: 1,
    peak: contrast,
    notes,
    frame: () => times(times(carrier(canvas, grating), contrast), coverage),
  };
}

/**
 * Draws frame k with the grating at the phase `phase - k * step`, which moves its bars along `direction`.
 * @throws InputError as `drawGrating`
 */
export function drawDriftingGrating(drifting: DriftingGrating, canvas: Canvas): Drawing {
  const { contrasts, notes } = settleContrasts(canvas, [drifting.contrast], 'Michelson');
  const contrast = contrasts[0]!;
  const coverage = apertureCoverage(drifting, canvas, drifting);
  const orientation = drifting.direction - 90;
  return {
    frames: drifting.frames,
    peak: contrast,
    notes,
    frame: (index) => {
      const phase = drifting.phase - index * drifting.step;
      const wave = carrier(canvas, { ...drifting, orientation, phase });
      return times(times(wave, contrast), coverage);
    },
  };
}

/**
 * Renders a grating, computed in float64 and rounded once to float32.
 * @throws InputError when it would be brighter than 1, or its hole covers everything
 */
export function renderGrating(grating: Grating, canvas: Canvas): StimulusImage {
  return paintOne(drawGrating(grating, canvas), canvas);
}

/** Renders gratings in order as one batch. @throws InputError as `renderGrating` */
export function renderGratings(gratings: readonly Grating[], canvas: Canvas): Stimuli {
  const { height, width, channels } = canvas;
  const size = imageLength(canvas);
  const pixels = new Float32Array(gratings.length * size);
  for (const [i, grating] of gratings.entries()) {
    pixels.set(renderGrating(grating, canvas).pixels, i * size);
  }
  return { count: gratings.length, height, width, channels, pixels };
}
