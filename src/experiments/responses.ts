import { z } from 'zod';
import { encodeCsv } from '../formats/csv.js';
import type { ExperimentContext } from './context.js';
import type { Planned, Presentation } from './presentation.js';
import { ModelIdentity, modelIdentity, Report, Rows } from './result-parts.js';
import { copyReports } from './stimulus-report.js';

/** The responses of neurons to stimuli. */
export const ResponsesResult = z.strictObject({
  model: ModelIdentity,
  neurons: z.array(z.int()),
  responses: Rows.describe('a row for each stimulus, a column for each neuron'),
  stimuli: z.array(Report),
});
export type ResponsesResult = z.infer<typeof ResponsesResult>;

/**
 * Computes the responses to a presentation.
 * @param plan of `planResponses`
 * @returns [stimuli, neurons], row-major, in the unit that the model's card states
 * @throws as `respond` of the context
 */
export function computeResponses(
  { stimuli, columns }: Planned,
  { respond }: Pick<ExperimentContext, 'respond'>,
): Promise<Float32Array> {
  return respond(stimuli, columns);
}

/**
 * Makes the result with the responses [stimuli, neurons] as rows.
 * @example
 * const values = await computeResponses(plan, experimentContext({ respond }));
 * const { neurons, responses } = responsesResult(plan, values);
 * responses[0][neurons.indexOf(7)]; // the response of neuron 7 to the first stimulus
 */
export function responsesResult(
  { model, ids, reports }: Presentation,
  values: Float32Array,
): ResponsesResult {
  const width = ids.length;
  return {
    model: modelIdentity(model),
    neurons: [...ids],
    responses: reports.map((_, i) => Array.from(values.subarray(i * width, (i + 1) * width))),
    stimuli: copyReports(reports),
  };
}

/**
 * Writes responses as CSV, with all digits: a row for each stimulus, with its number and its digest, and a column
 * for each neuron, with its id as the name.
 * @param values [stimuli, neurons]
 * @example
 * responsesCsv(presentation, values); // 'stimulus,digest,0,1\r\n0,fde541b8...,0.0699,0.0396\r\n'
 */
export function responsesCsv(presentation: Presentation, values: Float32Array): string {
  return [...responsesCsvRows(presentation, values)].join('');
}

/** Writes the rows of `responsesCsv` one by one, so that a large table can be sent in chunks. */
export function* responsesCsvRows(
  { ids, reports }: Presentation,
  values: Float32Array,
): Generator<string> {
  const width = ids.length;
  yield encodeCsv([['stimulus', 'digest', ...ids]]);
  for (const [i, { digest }] of reports.entries()) {
    yield encodeCsv([[i, digest, ...values.subarray(i * width, (i + 1) * width)]]);
  }
}
