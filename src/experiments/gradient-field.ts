import { z } from 'zod';
import { setDigest } from '../stimulus/stimuli.js';
import { gatherWarnings } from '../stimulus/warnings.js';
import { GradientField, gradientField, gradientMap } from '../tuning/gradient-field.js';
import type { Places } from '../tuning/receptive-field.js';
import type { ExperimentContext } from './context.js';
import { computeGradients } from './gradient.js';
import type { Planned } from './presentation.js';
import { Digest, ModelIdentity, modelIdentity, Numbers, Warnings } from './result-parts.js';

/** A map for each neuron, the mean absolute gradient over the stimuli, and a Gaussian fitted to it. */
export const GradientFieldResult = z.strictObject({
  model: ModelIdentity,
  x: Numbers,
  y: Numbers,
  unit: z.string(),
  formula: z.string(),
  warnings: Warnings,
  neurons: z.array(z.strictObject({ id: z.int(), ...GradientField.shape })),
  stimulusSet: Digest,
});
export type GradientFieldResult = z.infer<typeof GradientFieldResult>;

/**
 * Maps where pixels change the responses of neurons.
 * @param plan of `planGradients`
 * @throws as `computeGradients`
 * @example
 * const context = experimentContext({ respond, interpreter });
 * const { neurons } = await runGradientField(planGradients(presentation), context);
 * neurons[0].indices.centreX; // { value: -3.2, ... }, pixels from the middle of the image
 */
export async function runGradientField(
  { model, stimuli, columns, ids, reports }: Planned,
  context: ExperimentContext,
): Promise<GradientFieldResult> {
  const { height, width, channels } = model.card.stimulus;
  let places: Places = { x: [], y: [] };
  const neurons: GradientFieldResult['neurons'] = [];
  for (const [i, column] of columns.entries()) {
    const own = { model, stimuli, columns: Int32Array.of(column) };
    const { gradients } = await computeGradients(own, context);
    const { map, ...at } = gradientMap(gradients, height, width, channels);
    places = at;
    neurons.push({ id: ids[i]!, ...gradientField({ map, ...at }) });
  }
  return {
    model: modelIdentity(model),
    x: [...places.x],
    y: [...places.y],
    unit: 'pixels',
    formula:
      channels === 1
        ? 'mean |d response / d pixel|'
        : 'mean over pixels of the sum over channels of |d response / d value|',
    warnings: gatherWarnings(reports),
    neurons,
    stimulusSet: setDigest(reports.map(({ digest }) => digest)),
  };
}
