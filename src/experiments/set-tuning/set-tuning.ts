import { z } from 'zod';
import { peakCount } from '../../tuning/metrics.js';
import {
  checkResponses,
  type ResponseMatrix,
  selectColumns,
} from '../../tuning/response-matrix.js';
import type { ExperimentContext } from '../context.js';
import { type Planned, type Presentation, planResponses } from '../presentation.js';
import { Numbers } from '../result-parts.js';

// The common parts of the experiments on responses to a stimulus set.

/** k is the number of stimuli in the peak, by default 1 % of the stimuli. */
export const SetTuningRequest = z.strictObject({ k: z.int().nonnegative().optional() });
export type SetTuningRequest = z.infer<typeof SetTuningRequest>;

/** Predicted responses, and real ones if there are any. */
export const curves = { real: Numbers.optional(), predicted: Numbers };

/** A set tuning experiment that can be run. */
export interface SetTuningPlan extends Planned {
  /** The number of stimuli in the peak. */
  readonly k: number;
  /** The recorded responses of the neurons, [stimuli, neurons]. */
  readonly real: ResponseMatrix | undefined;
}

/** Predicted responses to a stimulus set, and real ones if there are any. */
export interface SetResponses {
  readonly predicted: ResponseMatrix;
  readonly real: ResponseMatrix | undefined;
  /** The number of stimuli in the peak. */
  readonly k: number;
  /** The ids of the neurons, in order. */
  readonly ids: readonly number[];
}

/**
 * Plans an experiment on the responses to a stimulus set.
 * @param real the recorded responses [stimuli, neurons of the model], if there are any
 * @throws InputError if k is out of range, or a recorded response is not a finite number
 */
export function planSetTuning(
  presentation: Presentation,
  request: SetTuningRequest,
  real?: ResponseMatrix,
): SetTuningPlan {
  const selected = real && selectColumns(real, presentation.columns);
  const k = peakCount(presentation.stimuli.count, request.k);
  if (selected) checkResponses(selected, 'responses');
  return { ...planResponses(presentation), k, real: selected };
}

/** Computes the responses of a plan. @throws as `respond` of the context */
export async function respondToSet(
  { stimuli, ids, columns, k, real }: SetTuningPlan,
  { respond }: Pick<ExperimentContext, 'respond'>,
): Promise<SetResponses> {
  const values = await respond(stimuli, columns);
  return { predicted: { stimuli: stimuli.count, neurons: columns.length, values }, real, k, ids };
}

/** The reason why numbers that compare with recorded responses are undefined. */
export const NO_REAL = 'no real responses were sent';

/** Joins the reasons that there are. */
export function withReason(reasons: readonly (string | undefined)[]): { reason?: string } {
  const present = reasons.filter((reason) => reason !== undefined);
  return present.length === 0 ? {} : { reason: present.join('; ') };
}
