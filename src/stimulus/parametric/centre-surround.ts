import { z } from 'zod';
import { InputError } from '../../errors.js';
import type { Canvas } from '../stimuli.js';
import { apertureCoverage } from './aperture.js';
import { carrier } from './carrier.js';
import {
  Contrast,
  diameter,
  Edge,
  MAX_PIXELS,
  michelson,
  Orientation,
  OuterDiameter,
  Phase,
  Position,
  SpatialFrequency,
} from './fields.js';
import { type Drawing, plus, settleContrasts, times } from './paint.js';
import { sweepValues, sweptAt } from './sweep-values.js';

/** Makes a field of the surround whose default is the value of the centre. */
function asCentre<Field extends typeof Orientation | typeof Phase | typeof SpatialFrequency>(
  field: Field,
) {
  const { unit } = field.meta() ?? {};
  const own = field.unwrap().optional().meta({ description: "left out: the centre's", unit });
  const values = sweepValues(field);
  return values === undefined ? own : sweptAt(own, values);
}

/** A grating on a disc, and another grating on an annulus around it. */
export const CentreSurround = z.strictObject({
  orientation: Orientation,
  spatialFrequency: SpatialFrequency,
  phase: Phase,
  contrast: Contrast,
  diameter: diameter('of the centre'),
  gap: z
    .number()
    .min(0)
    .max(MAX_PIXELS)
    .default(0)
    .meta({ description: 'between centre and surround, background', unit: 'pixels' }),
  surroundDiameter: OuterDiameter.unwrap()
    .default(32)
    .meta({ description: 'outer one of the surround; null: the whole image', unit: 'pixels' }),
  surroundOrientation: asCentre(Orientation),
  surroundSpatialFrequency: asCentre(SpatialFrequency),
  surroundPhase: asCentre(Phase),
  surroundContrast: michelson("left out: the centre's"),
  ...Position,
  edge: Edge,
});
export type CentreSurround = z.infer<typeof CentreSurround>;

/**
 * Draws centre and surround as `drawGrating` does, both around (x, y).
 * @throws InputError when centre and gap cover the whole surround
 */
export function drawCentreSurround(parameters: CentreSurround, canvas: Canvas): Drawing {
  const { diameter, gap, surroundDiameter, edge } = parameters;
  const { contrasts, notes } = settleContrasts(canvas, [parameters.contrast], 'Michelson');
  const contrast = contrasts[0]!;
  const surroundContrast = parameters.surroundContrast ?? contrast;
  const surround = {
    ...parameters,
    orientation: parameters.surroundOrientation ?? parameters.orientation,
    spatialFrequency: parameters.surroundSpatialFrequency ?? parameters.spatialFrequency,
    phase: parameters.surroundPhase ?? parameters.phase,
  };
  const innerDiameter = diameter + 2 * gap;
  if (surroundDiameter !== null && innerDiameter >= surroundDiameter) {
    throw new InputError(
      `diameter ${diameter} and gap ${gap} leave nothing of a surround of ${surroundDiameter}`,
    );
  }
  const disc = { diameter, innerDiameter: 0, edge };
  const ring = { diameter: surroundDiameter, innerDiameter, edge };
  const inside = apertureCoverage(disc, canvas, parameters);
  const around = apertureCoverage(ring, canvas, parameters);
  return {
    frames: 1,
    peak: Math.max(contrast, surroundContrast),
    notes,
    frame: () => {
      const centre = times(times(carrier(canvas, parameters), contrast), inside);
      return plus(centre, times(times(carrier(canvas, surround), surroundContrast), around));
    },
  };
}
