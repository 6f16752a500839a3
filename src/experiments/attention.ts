import { z } from 'zod';
import { NoAttentionError } from '../errors.js';
import type { ServedModel } from '../inference/catalogue.js';
import {
  type AttentionMeasure,
  centrePlace,
  ENTROPY,
  MEAN_DISTANCE,
  ofEvenAttention,
} from '../interpret/attention.js';
import type { Interpretation } from '../interpret/interpretation.js';
import { ATTENTION_STRIDE, type AttentionMap, attentionMapOf } from '../network/attention-map.js';
import { isImported } from '../network/imported/architecture.js';
import type { MapSize } from '../network/layers/map.js';
import { nestedLists, type Planned, type Presentation, planResponses } from './presentation.js';
import { listTerms, readoutTerms } from './readout.js';
import { ModelIdentity, modelIdentity, Report, Rows } from './result-parts.js';
import { copyReports } from './stimulus-report.js';

/** A measure of each map, `[stimulus][neuron]`; `ifEven` is its value for even attention. */
const Measure = z
  .strictObject({ formula: z.string(), unit: z.string(), ifEven: z.number(), values: Rows })
  .meta({ id: 'AttentionMeasure' });
type Measure = z.infer<typeof Measure>;

/** Maps of attention, `[stimulus][neuron][row][column]`, and measures of each map. */
export const AttentionResult = z.strictObject({
  model: ModelIdentity,
  neurons: z.array(z.int()),
  map: z.strictObject({
    height: z.int(),
    width: z.int(),
    centre: z.array(z.int()),
    fieldPixels: z.int(),
    stridePixels: z.int(),
    startPixels: z.array(z.number()),
  }),
  attention: z.array(z.array(Rows)),
  entropy: Measure,
  meanDistance: Measure,
  ...readoutTerms,
  stimuli: z.array(Report),
});
export type AttentionResult = z.infer<typeof AttentionResult>;

/**
 * Returns what is known of a model's maps of attention.
 * @throws NoAttentionError if its networks have no attention
 */
export function attentionMap({ name, version, card }: ServedModel): AttentionMap {
  const { architecture, stimulus } = card;
  if (isImported(architecture)) {
    throw new NoAttentionError(
      `the network of ${name}/${version} is imported: whether it has attention is not known`,
    );
  }
  if (architecture.attention === 'none') {
    throw new NoAttentionError(
      `the networks of ${name}/${version} (${architecture.id}) have no attention; ` +
        'what centre and surround add to their responses is at readout instead of attention',
    );
  }
  return attentionMapOf(architecture, stimulus);
}

/**
 * Plans maps of attention.
 * @throws NoAttentionError if the networks have no attention
 */
export function planAttention<Presented extends Presentation>(
  presentation: Presented,
): Planned<Presented> {
  attentionMap(presentation.model);
  return planResponses(presentation);
}

/**
 * Makes the result with the maps of where the centre hypercolumn of each network attends.
 * @example
 * const plan = planAttention(presentation);
 * const context = experimentContext({ respond, interpreter });
 * const { attention, map } = attentionResult(plan, await interpret(plan, context));
 * attention[0][0][map.centre[0]][map.centre[1]]; // the share that stays in the centre
 */
export function attentionResult(
  presentation: Presentation,
  interpretation: Interpretation,
): AttentionResult {
  const { model, ids, reports } = presentation;
  const map = attentionMap(model);
  const attention = interpretation.attention!;
  const centre = centrePlace(map);
  return {
    model: modelIdentity(model),
    neurons: [...ids],
    map: {
      height: map.height,
      width: map.width,
      centre: [centre.row, centre.column],
      fieldPixels: map.field,
      stridePixels: ATTENTION_STRIDE,
      startPixels: [...map.start],
    },
    attention: nestedLists(attention, presentation, [map.height, map.width]) as number[][][][],
    entropy: measured(ENTROPY, interpretation, map, presentation),
    meanDistance: measured(MEAN_DISTANCE, interpretation, map, presentation),
    ...listTerms(presentation, interpretation),
    stimuli: copyReports(reports),
  };
}

function measured(
  attentionMeasure: AttentionMeasure,
  { attention, masks }: Interpretation,
  map: MapSize,
  presentation: Presentation,
): Measure {
  const { formula, unit, measure } = attentionMeasure;
  const cells = map.height * map.width;
  const neurons = presentation.columns.length;
  const values = Array.from({ length: attention!.length / cells }, (_, i) => {
    const own = attention!.subarray(i * cells, (i + 1) * cells);
    if (masks === null) return measure(own, map);
    const [row = 0, column = 0] = masks.subarray(4 * (i % neurons));
    return measure(own, map, { row, column });
  });
  return {
    formula,
    unit,
    ifEven: ofEvenAttention(attentionMeasure, map),
    values: nestedLists(values, presentation, []) as number[][],
  };
}
