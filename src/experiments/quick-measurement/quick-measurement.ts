import { z } from 'zod';
import { neuronTuning } from '../../tuning/parametric.js';
import { receptiveField } from '../../tuning/receptive-field.js';
import { modelCanvas } from '../canvas.js';
import type { ExperimentContext, Subject } from '../context.js';
import { addCosts, type Cost } from '../cost.js';
import { withFieldSpread, withTuningSpread } from '../member-spread.js';
import { type NeuronSelection, Neurons, selectNeurons } from '../neurons.js';
import { tuningSweep } from '../parametric.js';
import { ModelIdentity, modelIdentity, Numbers } from '../result-parts.js';
import { eachNeuron, planSweepCost, runSweep } from '../run-sweep.js';
import { QuickNeuron, quickNeuron } from './quick-neuron.js';
import { planQuickSweeps, type QuickSweeps } from './quick-sweeps.js';

/** The neurons that are measured; `{}` is all of them. */
export const QuickMeasurementRequest = z.strictObject({ neurons: Neurons });
export type QuickMeasurementRequest = z.infer<typeof QuickMeasurementRequest>;

/** A row for each neuron. All neurons are measured with the same gratings and discs. */
export const QuickMeasurementResult = z.strictObject({
  model: ModelIdentity,
  position: z.record(z.string(), z.unknown()).describe('what maps the positions'),
  grating: z.record(z.string(), z.unknown()).describe('what of the gratings stays as it is'),
  orientations: Numbers.describe('degrees; the curves have a response for each'),
  spatialFrequencies: Numbers.describe('cycles/pixel'),
  neurons: z.array(QuickNeuron),
});
export type QuickMeasurementResult = z.infer<typeof QuickMeasurementResult>;

/** A quick measurement that can be run. */
export interface QuickMeasurementPlan extends NeuronSelection {
  readonly model: Subject['model'];
  readonly sweeps: QuickSweeps;
  readonly cost: Cost;
}

/**
 * Plans the quick measurement without rendering anything.
 * @throws InputError for neurons that do not exist
 * @throws PayloadTooLargeError if the stimuli exceed the limits
 */
export function planQuickMeasurement(
  subject: Subject,
  request: QuickMeasurementRequest,
): QuickMeasurementPlan {
  const { model } = subject;
  const selection = selectNeurons(model.card, request.neurons);
  const sweeps = planQuickSweeps(model.card, modelCanvas(model));
  const costs = [sweeps.position.sweep, sweeps.grating].map((sweep) =>
    planSweepCost(subject, sweep, selection.ids.length),
  );
  return { model, sweeps, ...selection, cost: addCosts(...costs) };
}

/**
 * Measures the receptive field and the tuning to gratings of each neuron, with the same stimuli for all.
 * @returns a row for each neuron of the plan, in its order
 * @throws as `respond` of the context; the signal's reason once it is aborted
 * @example
 * const plan = planQuickMeasurement({ model, limits }, { neurons: '0-9' });
 * const rows = await runQuickMeasurement(plan, experimentContext({ respond }));
 * rows[0].preferred; // { x: -3.1, y: 0.4, orientation: 41, spatialFrequency: 0.07 }
 */
export async function runQuickMeasurement(
  { model, sweeps, ids, columns }: QuickMeasurementPlan,
  context: ExperimentContext,
): Promise<QuickNeuron[]> {
  const { position, grating, gratingAt } = sweeps;
  const mapped = await runSweep(model, position.sweep, columns, context);
  const fields = await eachNeuron(
    mapped,
    context,
    (responses, blank) => receptiveField(position, position.maps(responses), blank),
    withFieldSpread,
  );
  const turned = await runSweep(model, grating, columns, context);
  const analysed = tuningSweep(grating);
  const tunings = await eachNeuron(
    turned,
    context,
    (responses, blank) => neuronTuning(analysed, responses, blank),
    withTuningSpread,
  );
  return tunings.map((tuning, i) => quickNeuron(ids[i]!, fields[i]!, tuning, gratingAt));
}

/** Makes the result from the rows of a model. */
export function quickMeasurementResult(
  model: Subject['model'],
  neurons: readonly QuickNeuron[],
): QuickMeasurementResult {
  const { position, grating } = planQuickSweeps(model.card, modelCanvas(model));
  return {
    model: modelIdentity(model),
    position: position.sweep.stimulus,
    grating: grating.stimulus,
    orientations: [...grating.axes[0]!.values],
    spatialFrequencies: [...grating.axes[1]!.values],
    neurons: [...neurons],
  };
}
