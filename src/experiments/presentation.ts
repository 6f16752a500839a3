import type { DecodedStimuli } from '../stimulus/decode/decoding.js';
import type { Stimuli } from '../stimulus/stimuli.js';
import { contrastRange } from './canvas.js';
import type { Subject } from './context.js';
import { type Cost, GRADIENT_PASSES } from './cost.js';
import { type NeuronSelection, selectNeurons } from './neurons.js';
import { requireGradient } from './require-gradient.js';
import { reportInChunks, type StimulusReport } from './stimulus-report.js';

/** Stimuli that are presented to a model, and the neurons whose responses are computed. */
export interface Presentation extends NeuronSelection, Pick<DecodedStimuli, 'notes'> {
  readonly model: Subject['model'];
  /** Stimuli of the size that the model's card states; pixels 0..1. */
  readonly stimuli: Stimuli;
  /** A report for each stimulus. */
  readonly reports: readonly StimulusReport[];
}

/**
 * Presents stimuli to a model.
 * @param decoded the result of `decodeStimuli`, of the model's size
 * @param neurons ids, or a text such as `0,5,7-12`; by default all neurons of the model
 * @throws InputError for neurons that do not exist
 * @example
 * const presentation = await present(model, await decodeStimuli(request), '0-9');
 * const plan = planResponses(presentation);
 * const { values } = await computeResponses(plan, experimentContext({ respond }));
 */
export async function present<Decoded extends Pick<DecodedStimuli, 'stimuli' | 'notes'>>(
  model: Subject['model'],
  decoded: Decoded,
  neurons?: string | readonly number[],
): Promise<Presentation & Decoded> {
  const selection = selectNeurons(model.card, neurons);
  const reports = await reportInChunks(contrastRange(model), decoded);
  return { ...decoded, model, reports, ...selection };
}

/** An experiment on presented stimuli that can be run. */
export type Planned<Presented extends Presentation = Presentation> = Presented & {
  readonly cost: Cost;
};

/** Plans an experiment on the responses to a presentation, on attention or on readout terms. */
export function planResponses<Presented extends Presentation>(
  presentation: Presented,
): Planned<Presented> {
  return { ...presentation, cost: costOfResponses(presentation) };
}

/**
 * Plans an experiment on the gradients of the responses to a presentation.
 * @throws NoGradientError if the network is imported without a graph of its gradient
 */
export function planGradients<Presented extends Presentation>(
  presentation: Presented,
): Planned<Presented> {
  requireGradient(presentation.model);
  const { stimuli, passes } = costOfResponses(presentation);
  // The gradient of each neuron goes through the core again.
  const each = GRADIENT_PASSES * passes;
  return { ...presentation, cost: { stimuli, passes: each, shared: each } };
}

function costOfResponses({ stimuli, ids }: Presentation): Cost {
  return { stimuli: stimuli.count, passes: stimuli.count * ids.length };
}

/** Converts an array [stimuli, neurons, ...shape] to nested lists. */
export function nestedLists(
  values: ArrayLike<number>,
  { stimuli, columns }: Pick<Presentation, 'stimuli' | 'columns'>,
  shape: readonly number[],
): unknown {
  let index = 0;
  const nest = ([length, ...rest]: readonly number[]): unknown =>
    length === undefined ? values[index++] : Array.from({ length }, () => nest(rest));
  return nest([stimuli.count, columns.length, ...shape]);
}
