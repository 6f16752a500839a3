import { z } from 'zod';
import { drawSheet } from '../stimulus/sheet.js';
import type { Stimuli, StimulusImage } from '../stimulus/stimuli.js';
import { ReceptiveField, receptiveField } from '../tuning/receptive-field.js';
import { modelCanvas } from './canvas.js';
import type { ExperimentContext, Subject } from './context.js';
import type { Cost } from './cost.js';
import { withFieldSpread } from './member-spread.js';
import { type NeuronSelection, selectNeurons } from './neurons.js';
import { type PositionProbe, planProbe, type ReceptiveFieldRequest } from './position-probe.js';
import {
  Digest,
  Id,
  ModelIdentity,
  modelIdentity,
  Numbers,
  StimulusEntry,
  SweptStimuli,
  Warnings,
} from './result-parts.js';
import { eachNeuron, planSweepCost, runSweep, sweptStimuli } from './run-sweep.js';
import type { StimulusReport } from './stimulus-report.js';

/** A map for each neuron, with fits and indices. Rows run from the top of the image down. */
export const ReceptiveFieldResult = z.strictObject({
  model: ModelIdentity,
  x: Numbers,
  y: Numbers,
  unit: z.string(),
  neurons: z.array(z.strictObject({ id: Id, ...ReceptiveField.shape })),
  stimulus: StimulusEntry,
  warnings: Warnings,
  stimuli: SweptStimuli,
  stimulusSet: Digest,
});
export type ReceptiveFieldResult = z.infer<typeof ReceptiveFieldResult>;

/** A mapping of receptive fields that can be run. */
export interface ReceptiveFieldPlan extends NeuronSelection {
  readonly model: Subject['model'];
  readonly probe: PositionProbe;
  readonly cost: Cost;
}

/** Maps without fits. */
export interface ReceptiveFieldMaps {
  /** A map for each neuron: `height` places along y, from the top down, by `width` along x. */
  readonly maps: Stimuli;
  readonly reports: readonly StimulusReport[];
}

/**
 * Plans the mapping of receptive fields without rendering anything.
 * @throws InputError where a neuron, the stimulus or a position does not exist
 * @throws PayloadTooLargeError if the stimuli exceed the limits
 */
export function planReceptiveField(
  subject: Subject,
  request: ReceptiveFieldRequest,
): ReceptiveFieldPlan {
  const { model } = subject;
  const selection = selectNeurons(model.card, request.neurons);
  const probe = planProbe(request, modelCanvas(model));
  const cost = planSweepCost(subject, probe.sweep, selection.ids.length);
  return { model, probe, ...selection, cost };
}

/**
 * Maps where on the image neurons respond, and fits each map.
 * @throws as `respond` of the context; the signal's reason once it is aborted
 * @example
 * const request = ReceptiveFieldRequest.parse({ stimulus: { disc: {} }, neurons: '0-3' });
 * const plan = planReceptiveField({ model, limits }, request);
 * const { neurons } = await runReceptiveField(plan, experimentContext({ respond }));
 * neurons[0].indices.centreX; // { value: -3.2, ... }, pixels from the middle of the image
 */
export async function runReceptiveField(
  { model, probe, ids, columns }: ReceptiveFieldPlan,
  context: ExperimentContext,
): Promise<ReceptiveFieldResult> {
  const { x, y, unit, sweep, maps } = probe;
  const swept = await runSweep(model, sweep, columns, context);
  const fields = await eachNeuron(
    swept,
    context,
    (responses, blank) => receptiveField({ x, y }, maps(responses), blank),
    withFieldSpread,
  );
  const neurons = fields.map((field, i) => ({ id: ids[i]!, ...field }));
  const { warnings, ...presented } = sweptStimuli(sweep, swept);
  const { stimulus } = sweep;
  return {
    model: modelIdentity(model),
    x: [...x],
    y: [...y],
    unit,
    stimulus,
    warnings,
    neurons,
    ...presented,
  };
}

/**
 * Maps where on the image neurons respond, without a fit.
 * @throws as `runReceptiveField`
 */
export async function mapReceptiveFields(
  { model, probe, columns }: ReceptiveFieldPlan,
  context: ExperimentContext,
): Promise<ReceptiveFieldMaps> {
  const swept = await runSweep(model, probe.sweep, columns, context);
  const each = await eachNeuron(swept, context, function* (responses) {
    yield;
    return probe.maps(responses).map;
  });
  const size = { count: each.length, height: probe.y.length, width: probe.x.length };
  const pixels = new Float32Array(size.count * size.height * size.width);
  for (const [i, map] of each.entries()) pixels.set(map, i * map.length);
  return { maps: { ...size, channels: 1, pixels }, reports: swept.reports };
}

/** Draws each map from its smallest response, black, to its largest, white, with one pixel for each place. */
export function mapSheet(maps: Stimuli): StimulusImage {
  const size = maps.height * maps.width;
  const pixels = maps.pixels.slice();
  for (let i = 0; i < maps.count; i++) {
    const map = pixels.subarray(i * size, (i + 1) * size);
    const low = Math.min(...map);
    const range = Math.max(...map) - low;
    for (const [place, value] of map.entries()) map[place] = range > 0 ? (value - low) / range : 0;
  }
  return drawSheet({ ...maps, pixels }, 0);
}
