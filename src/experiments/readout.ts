import { z } from 'zod';
import { interpretInSlices } from '../interpret/in-slices.js';
import type { Interpretation } from '../interpret/interpretation.js';
import type { ExperimentContext } from './context.js';
import { nestedLists, type Planned, type Presentation } from './presentation.js';
import { ModelIdentity, modelIdentity, Numbers, Report, Rows } from './result-parts.js';
import { copyReports } from './stimulus-report.js';

/** The readout's sum, by its terms; each `[stimulus][neuron]`, the bias `[neuron]`. */
export const readoutTerms = {
  responses: Rows,
  readout: z
    .strictObject({
      kind: z.string(),
      formula: z.string(),
      centre: Rows,
      surround: Rows,
      bias: Numbers,
    })
    .meta({ id: 'Readout' }),
};

/** What the centre and the surround add to the responses of neurons. */
export const ReadoutResult = z.strictObject({
  model: ModelIdentity,
  neurons: z.array(z.int()),
  ...readoutTerms,
  stimuli: z.array(Report),
});
export type ReadoutResult = z.infer<typeof ReadoutResult>;

/**
 * Computes what goes on between stimuli and responses.
 * @param plan of `planResponses`
 * @throws as the interpreter of the context; the signal's reason once it is aborted
 */
export function interpret(
  { model, stimuli, columns }: Planned,
  { interpreter, signal, time }: Pick<ExperimentContext, 'interpreter' | 'signal' | 'time'>,
): Promise<Interpretation> {
  const request = { model, stimuli, neurons: columns };
  return time('infer', () =>
    interpretInSlices(interpreter, request, () => signal.throwIfAborted()),
  );
}

/**
 * The readout's sum, taken apart.
 * @example
 * const plan = planResponses(presentation);
 * const context = experimentContext({ respond, interpreter });
 * const { readout } = readoutResult(plan, await interpret(plan, context));
 * readout.surround[0][0]; // what the surround adds to the first response
 */
export function readoutResult(
  presentation: Presentation,
  interpretation: Interpretation,
): ReadoutResult {
  const { model, ids, reports } = presentation;
  return {
    model: modelIdentity(model),
    neurons: [...ids],
    ...sumTerms(presentation, interpretation),
    stimuli: copyReports(reports),
  };
}

/** The terms of the readout's sum. */
export function sumTerms(
  presentation: Presentation,
  { responses, centre, surround, bias }: Interpretation,
): Pick<ReadoutResult, 'responses' | 'readout'> {
  const { readout, output } = presentation.model.card.architecture;
  const rows = (values: Float32Array) => nestedLists(values, presentation, []) as number[][];
  return {
    responses: rows(responses),
    readout: {
      kind: readout,
      formula:
        output === 'linear' ? 'centre + surround + bias' : `${output}(centre + surround + bias)`,
      centre: rows(centre),
      surround: rows(surround),
      bias: Array.from(bias),
    },
  };
}
