import { z } from 'zod';
import type { Canvas } from '../stimuli.js';
import { apertureCoverage } from './aperture.js';
import { carrier } from './carrier.js';
import {
  Contrast,
  Edge,
  InnerDiameter,
  Orientation,
  OuterDiameter,
  Phase,
  Position,
  SpatialFrequency,
} from './fields.js';
import { type Drawing, plus, settleContrasts, times } from './paint.js';

const Component = z.strictObject({
  orientation: Orientation,
  spatialFrequency: SpatialFrequency,
  phase: Phase,
  contrast: Contrast,
});

/** Superimposed gratings behind one aperture. */
export const Plaid = z.strictObject({
  components: z
    .array(Component)
    .min(2)
    .max(8)
    .prefault([{ orientation: 45 }, { orientation: 135 }])
    .meta({ description: 'the gratings; the plaid is their mean' }),
  diameter: OuterDiameter,
  innerDiameter: InnerDiameter,
  ...Position,
  edge: Edge,
});
export type Plaid = z.infer<typeof Plaid>;

/**
 * Draws a plaid, the mean of its components: n components at full contrast give a plaid of full contrast, to which
 * each contributes 1/n. @throws InputError when the hole of the aperture covers everything
 */
export function drawPlaid(plaid: Plaid, canvas: Canvas): Drawing {
  const { components, x, y } = plaid;
  const requested = components.map(({ contrast }) => contrast);
  const { contrasts, notes } = settleContrasts(canvas, requested, 'Michelson');
  const shares = contrasts.map((contrast) => contrast / components.length);
  const coverage = apertureCoverage(plaid, canvas, plaid);
  return {
    frames: 1,
    peak: shares.reduce((sum, share) => sum + share, 0),
    notes,
    frame: () => {
      const waves = components.map((component, i) =>
        times(carrier(canvas, { ...component, x, y }), shares[i]!),
      );
      return times(waves.reduce(plus), coverage);
    },
  };
}
