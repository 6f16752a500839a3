import { z } from 'zod';
import type { NeuronTuning } from '../../tuning/parametric.js';
import { preferredGrating } from '../../tuning/preferred.js';
import type { ReceptiveField } from '../../tuning/receptive-field.js';
import { Index } from '../../tuning/schemas.js';

/** What the quick measurement finds of one neuron. */
export const QuickNeuron = z.strictObject({
  id: z.int().nonnegative(),
  /** The response to the blank image. */
  blank: z.number(),
  /** Responses by orientation, at the spatial frequency of the largest response. */
  curve: z.array(z.number()),
  /** Degrees and cycles/pixel: by the fits, and where there is none by the largest response. */
  preferred: z.strictObject({ orientation: z.number(), spatialFrequency: z.number() }),
  /** Of orientation, spatial frequency and phase, and of the receptive field in pixels. */
  indices: z.record(z.string(), Index),
});
export type QuickNeuron = z.infer<typeof QuickNeuron>;

/**
 * A neuron's row, from its position map and its tuning to orientation by spatial frequency.
 * @param gratingAt of those gratings, what did not vary
 */
export function quickNeuron(
  id: number,
  field: ReceptiveField,
  grating: NeuronTuning,
  gratingAt: Readonly<Record<string, number>>,
): QuickNeuron {
  const { orientation, spatialFrequency } = grating.along ?? {};
  if (!orientation || !spatialFrequency) throw new Error('orientation by frequency was not swept');
  const modulation = grating.indices['F1F0'];
  return {
    id,
    blank: grating.blank,
    curve: orientation.curve,
    preferred: preferredGrating(grating).preferred,
    indices: {
      ...field.indices,
      ...orientation.indices,
      ...spatialFrequency.indices,
      ...(modulation ? { F1F0: { ...modulation, at: { ...gratingAt, ...modulation.at } } } : {}),
    },
  };
}
