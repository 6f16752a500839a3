import { z } from 'zod';
import { type Gradients, gradientsInSlices } from '../interpret/in-slices.js';
import { drawSheet, sheetColumns } from '../stimulus/sheet.js';
import { imageAxes, imageLength, type StimulusImage } from '../stimulus/stimuli.js';
import type { ExperimentContext } from './context.js';
import { nestedLists, type Planned, type Presentation } from './presentation.js';
import { ModelIdentity, modelIdentity, Report, Rows } from './result-parts.js';
import { copyReports } from './stimulus-report.js';

/** Gradients `[stimulus][neuron][row][column]`, in colour with `[channel]` behind, and the responses `[stimulus][neuron]`. */
export const GradientResult = z.strictObject({
  model: ModelIdentity,
  neurons: z.array(z.int()),
  unit: z.string(),
  responses: Rows,
  gradients: z.array(z.array(z.array(z.array(z.union([z.number(), z.array(z.number())]))))),
  stimuli: z.array(Report),
});
export type GradientResult = z.infer<typeof GradientResult>;

/**
 * Computes d response / d pixel, pixels in 0..1.
 * @param plan of `planGradients`
 * @throws as the interpreter of the context; the signal's reason once it is aborted
 */
export function computeGradients(
  { model, stimuli, columns }: Pick<Planned, 'model' | 'stimuli' | 'columns'>,
  { interpreter, signal, time }: Pick<ExperimentContext, 'interpreter' | 'signal' | 'time'>,
): Promise<Gradients> {
  const request = { model, stimuli, neurons: columns };
  return time('infer', () =>
    gradientsInSlices(interpreter, request, () => signal.throwIfAborted()),
  );
}

/**
 * Makes the result with the derivative of each response by each pixel.
 * @example
 * const plan = planGradients(presentation);
 * const context = experimentContext({ respond, interpreter });
 * const { gradients } = gradientResult(plan, await computeGradients(plan, context));
 * gradients[0][0][12][20]; // what a brighter pixel in row 12, column 20 adds to the first response
 */
export function gradientResult(
  presentation: Presentation,
  { responses, gradients }: Gradients,
): GradientResult {
  const { model, ids, reports } = presentation;
  const axes = imageAxes(model.card.stimulus);
  return {
    model: modelIdentity(model),
    neurons: [...ids],
    unit: `${model.card.response.unit} per unit of pixel value (0..1)`,
    responses: nestedLists(responses, presentation, []) as number[][],
    gradients: nestedLists(gradients, presentation, axes) as GradientResult['gradients'],
    stimuli: copyReports(reports),
  };
}

/**
 * Draws gradients as a picture: mid gray is 0, and black and white are the largest absolute value of each map.
 * In colour this holds for each channel. With several neurons, there is a row for each stimulus.
 * @param gradients [stimuli, neurons, height, width, channels]
 * @returns the picture, and the largest absolute value of each map
 */
export function gradientSheet(
  gradients: Float32Array,
  { stimuli, columns }: Pick<Presentation, 'stimuli' | 'columns'>,
): { readonly sheet: StimulusImage; readonly largest: readonly number[] } {
  const { height, width, channels } = stimuli;
  const size = imageLength(stimuli);
  const neurons = columns.length;
  const count = stimuli.count * neurons;
  const pixels = new Float32Array(gradients.length);
  const largest = Array.from({ length: count }, (_, i) => {
    const own = gradients.subarray(i * size, (i + 1) * size);
    const max = own.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
    pixels.set(
      own.map((value) => (max > 0 ? 0.5 + value / (2 * max) : 0.5)),
      i * size,
    );
    return max;
  });
  const inRow = stimuli.count > 1 && neurons > 1 ? neurons : sheetColumns(count);
  return { sheet: drawSheet({ count, height, width, channels, pixels }, 0.5, inRow), largest };
}
