import { z } from 'zod';
import { peakCount } from '../../tuning/metrics.js';
import { checkResponses, type ResponseMatrix } from '../../tuning/response-matrix.js';
import type { ExperimentContext } from '../context.js';
import { type Planned, type Presentation, planResponses } from '../presentation.js';
import { Numbers } from '../result-parts.js';

// What the experiments on the responses to a stimulus set have in common.

/** How many stimuli are the peak; left out: 1 % of the stimuli. */
export const SetTuningRequest = z.strictObject({ k: z.int().nonnegative().optional() });
export type SetTuningRequest = z.infer<typeof SetTuningRequest>;

/** Responses, real ones where they were given. */
export const curves = { real: Numbers.optional(), predicted: Numbers };

/** A set tuning experiment that can be run. */
export interface SetTuningPlan extends Planned {
  /** Stimuli of the peak. */
  readonly k: number;
  /** The recorded responses of the neurons, [stimuli, neurons]. */
  readonly real: ResponseMatrix | undefined;
}

/** Predicted responses to a stimulus set, with the real ones where they were given. */
export interface SetResponses {
  readonly predicted: ResponseMatrix;
  readonly real: ResponseMatrix | undefined;
  /** Stimuli of the peak. */
  readonly k: number;
  /** Of the neurons, in order. */
  readonly ids: readonly number[];
}

/**
 * Plans an experiment on the responses to a stimulus set.
 * @param real the recorded responses [stimuli, neurons of the model], where there are any
 * @throws InputError where k is out of range, or a recorded response is not a finite number
 */
export function planSetTuning(
  presentation: Presentation,
  request: SetTuningRequest,
  real?: ResponseMatrix,
): SetTuningPlan {
  const ofColumns = real && selectColumns(real, presentation.columns);
  const k = peakCount(presentation.stimuli.count, request.k);
  if (ofColumns) checkResponses(ofColumns, 'responses');
  return { ...planResponses(presentation), k, real: ofColumns };
}

/** Computes the responses of a plan. @throws as `respond` of the context */
export async function respondToSet(
  { stimuli, ids, columns, k, real }: SetTuningPlan,
  { respond }: Pick<ExperimentContext, 'respond'>,
): Promise<SetResponses> {
  const values = await respond(stimuli, columns);
  return { predicted: { stimuli: stimuli.count, neurons: columns.length, values }, real, k, ids };
}

/** Why numbers that compare with recorded responses are undefined. */
export const NO_REAL = 'no real responses were sent';

/** The reasons that there are, in one sentence. */
export function withReason(reasons: readonly (string | undefined)[]): { reason?: string } {
  const present = reasons.filter((reason) => reason !== undefined);
  return present.length === 0 ? {} : { reason: present.join('; ') };
}

function selectColumns(matrix: ResponseMatrix, columns: Int32Array): ResponseMatrix {
  const { stimuli, neurons } = matrix;
  const values = new Float64Array(stimuli * columns.length);
  for (let i = 0; i < values.length; i++) {
    const row = Math.floor(i / columns.length);
    values[i] = matrix.values[row * neurons + columns[i % columns.length]!]!;
  }
  return { stimuli, neurons: columns.length, values };
}
