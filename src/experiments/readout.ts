import { z } from 'zod';
import { NoReadoutError } from '../errors.js';
import { interpretInSlices } from '../interpret/in-slices.js';
import type { Interpretation } from '../interpret/interpretation.js';
import { pixelMasks } from '../interpret/masks.js';
import { isImportedCard, nativeCard } from '../models/native-card.js';
import type { ExperimentContext } from './context.js';
import { nestedLists, type Planned, type Presentation, planResponses } from './presentation.js';
import { ModelIdentity, modelIdentity, Numbers, Report, Rows } from './result-parts.js';
import { copyReports } from './stimulus-report.js';

/** The terms of the readout's sum: each is `[stimulus][neuron]`, and the bias is `[neuron]`. */
export const readoutTerms = {
  responses: Rows,
  readout: z
    .strictObject({
      kind: z.string(),
      formula: z.string(),
      centre: Rows,
      surround: Rows,
      bias: Numbers,
      masks: z
        .array(
          z
            .strictObject({ x: z.number(), y: z.number(), sigmaX: z.number(), sigmaY: z.number() })
            .meta({ id: 'ReadoutMask' }),
        )
        .nullable()
        .describe(
          'where each neuron reads a shared core, in pixels: x right of the middle of the image, y above it; null ' +
            'where neurons have networks of their own, or read all places',
        ),
    })
    .meta({ id: 'Readout' }),
};

/** The terms that the centre and the surround add to the responses of neurons. */
export const ReadoutResult = z.strictObject({
  model: ModelIdentity,
  neurons: z.array(z.int()),
  ...readoutTerms,
  stimuli: z.array(Report),
});
export type ReadoutResult = z.infer<typeof ReadoutResult>;

/**
 * Plans readout terms.
 * @throws NoReadoutError if the network is imported
 */
export function planReadout<Presented extends Presentation>(
  presentation: Presented,
): Planned<Presented> {
  const { name, version, card } = presentation.model;
  if (isImportedCard(card)) {
    throw new NoReadoutError(
      `the network of ${name}/${version} is imported: what its centre and its surround add is not known`,
    );
  }
  return planResponses(presentation);
}

/**
 * Computes the readout terms of the responses and, if the networks have it, their attention.
 * @param plan of `planReadout` or `planAttention`
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
 * Makes the result with the terms of the readout's sum.
 * @example
 * const plan = planReadout(presentation);
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
    ...listTerms(presentation, interpretation),
    stimuli: copyReports(reports),
  };
}

/** Lists the terms of the readout's sum. */
export function listTerms(
  presentation: Presentation,
  { responses, centre, surround, bias, masks }: Interpretation,
): Pick<ReadoutResult, 'responses' | 'readout'> {
  const { architecture, stimulus } = nativeCard(presentation.model.card);
  const { readout, output } = architecture;
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
      masks: pixelMasks(architecture, stimulus, masks),
    },
  };
}
