import { z } from 'zod';
import { Fallback } from '../../tuning/characterization.js';
import type { NeuronTuning } from '../../tuning/parametric.js';
import { locateField, preferredGrating } from '../../tuning/preferred.js';
import type { ReceptiveField } from '../../tuning/receptive-field.js';
import { Index } from '../../tuning/schemas.js';

/** The results of the quick measurement for one neuron. */
export const QuickNeuron = z.strictObject({
  id: z.int().nonnegative(),
  /** The response to the blank image. */
  blank: z.number(),
  /** Responses by orientation, at the spatial frequency of the largest response. */
  curve: z.array(z.number()),
  /** The preferred grating: pixels from the image centre, degrees, cycles/pixel. */
  preferred: z.strictObject({
    x: z.number(),
    y: z.number(),
    orientation: z.number(),
    spatialFrequency: z.number(),
  }),
  /** The parts of the preferred grating that come from the largest response, not from a fit. */
  fallbacks: z.array(Fallback),
  /** Indices of orientation, spatial frequency and phase, and of the receptive field in pixels. */
  indices: z.record(z.string(), Index),
});
export type QuickNeuron = z.infer<typeof QuickNeuron>;

/**
 * Makes a neuron's row from its position map and its tuning to orientation by spatial frequency.
 * @param gratingAt the fixed parameters of the gratings
 */
export function quickNeuron(
  id: number,
  map: ReceptiveField,
  grating: NeuronTuning,
  gratingAt: { readonly diameter: number; readonly contrast: number },
): QuickNeuron {
  const { orientation, spatialFrequency } = grating.along ?? {};
  if (!orientation || !spatialFrequency) throw new Error('orientation by frequency was not swept');
  const { field, fallbacks } = locateField(map, gratingAt.diameter);
  const best = preferredGrating(grating);
  const modulation = grating.indices['F1F0'];
  return {
    id,
    blank: grating.blank,
    curve: orientation.curve,
    preferred: { x: field.x, y: field.y, ...best.preferred },
    fallbacks: [...fallbacks, ...best.fallbacks],
    indices: {
      ...map.indices,
      ...orientation.indices,
      ...spatialFrequency.indices,
      ...(modulation ? { F1F0: { ...modulation, at: { ...gratingAt, ...modulation.at } } } : {}),
    },
  };
}
