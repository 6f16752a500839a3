import { z } from 'zod';
import { encodeCsv } from '../formats/csv.js';
import { joinEnsemble } from '../models/members.js';
import type { ExperimentContext } from './context.js';
import type { Planned, Presentation } from './presentation.js';
import { ModelIdentity, modelIdentity, Report, Rows } from './result-parts.js';
import { checkSpread } from './spread.js';
import { respondWithReports } from './spread-warnings.js';
import { copyReports, type StimulusReport } from './stimulus-report.js';

/** The responses of neurons to stimuli. */
export const ResponsesResult = z.strictObject({
  model: ModelIdentity,
  neurons: z.array(z.int()),
  responses: Rows.describe('a row for each stimulus, a column for each neuron'),
  spread: Rows.optional().describe(
    "the standard deviation of an ensemble's members, as `responses`",
  ),
  stimuli: z.array(Report),
});
export type ResponsesResult = z.infer<typeof ResponsesResult>;

/** Responses [stimuli, neurons], row-major, in the unit that the model's card states. */
export interface Responses {
  readonly values: Float32Array;
  /** The standard deviation of an ensemble's members, where it is wanted. */
  readonly spread?: Float32Array;
}

/** The responses to a presentation. */
export interface PresentedResponses extends Responses {
  /** A report for each stimulus. */
  readonly reports: readonly StimulusReport[];
}

/**
 * Computes the responses to a presentation.
 * @param plan of `planResponses`
 * @param wanted whether spread is wanted, of an ensemble
 * @throws InputError where spread is wanted of a model that is no ensemble; as `respond` of the context
 */
export async function computeResponses(
  presented: Planned,
  context: Pick<ExperimentContext, 'respond'>,
  wanted: { readonly spread?: boolean | undefined } = {},
): Promise<PresentedResponses> {
  checkSpread(presented.model, wanted.spread);
  const { mean, spread, reports } = await respondWithReports(presented, context, wanted.spread);
  return { values: mean, ...(wanted.spread && spread && { spread }), reports };
}

/**
 * Makes the result with the responses [stimuli, neurons] as rows.
 * @example
 * const responses = await computeResponses(plan, experimentContext({ respond }));
 * const result = responsesResult(plan, responses);
 * result.responses[0][result.neurons.indexOf(7)]; // the response of neuron 7 to the first stimulus
 */
export function responsesResult(
  { model, ids }: Presentation,
  { values, spread, reports }: PresentedResponses,
): ResponsesResult {
  const width = ids.length;
  const rows = (all: Float32Array) =>
    reports.map((_, i) => Array.from(all.subarray(i * width, (i + 1) * width)));
  return {
    model: modelIdentity(model),
    neurons: [...ids],
    responses: rows(values),
    ...(spread ? { spread: rows(spread) } : {}),
    stimuli: copyReports(reports),
  };
}

/**
 * Makes one array of responses: [stimuli, neurons], or [2, stimuli, neurons] with the responses and then their spread.
 * @example
 * const { values, shape } = responsesArray(plan, await computeResponses(plan, context, { spread: true }));
 */
export function responsesArray(
  { ids, reports }: Presentation,
  { values, spread }: Responses,
): { readonly values: Float32Array; readonly shape: readonly number[] } {
  const shape = [reports.length, ids.length];
  if (spread === undefined) return { values, shape };
  return { values: joinEnsemble({ mean: values, spread }), shape: [2, ...shape] };
}

/**
 * Writes responses as CSV, with all digits: a row for each stimulus, with its number and its digest, and a column
 * for each neuron, with its id as the name. Columns with the spread of each neuron follow where there is any.
 * @example
 * responsesCsv(presentation, { values }); // 'stimulus,digest,0,1\r\n0,fde541b8...,0.0699,0.0396\r\n'
 */
export function responsesCsv(presentation: Presentation, responses: Responses): string {
  return [...responsesCsvRows(presentation, responses)].join('');
}

/** Writes the rows of `responsesCsv` one by one, so that a large table can be sent in chunks. */
export function* responsesCsvRows(
  { ids, reports }: Presentation,
  { values, spread }: Responses,
): Generator<string> {
  const width = ids.length;
  const tables = spread ? [values, spread] : [values];
  const names = spread ? [...ids, ...ids.map((id) => `${id} spread`)] : ids;
  yield encodeCsv([['stimulus', 'digest', ...names]]);
  for (const [i, { digest }] of reports.entries()) {
    const rows = tables.map((table) => [...table.subarray(i * width, (i + 1) * width)]);
    yield encodeCsv([[i, digest, ...rows.flat()]]);
  }
}
