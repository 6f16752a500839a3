import { neuronPeaks } from '../../tuning/peak.js';
import { rankTuning } from '../../tuning/rank.js';
import type { ResponseMatrix } from '../../tuning/response-matrix.js';
import { peakAnswer, rankAnswer } from './results.js';

/** Predicted responses to a stimulus set, with the real ones where they were sent along. */
export interface TuningTask {
  readonly kind: 'rank' | 'peak';
  readonly predicted: ResponseMatrix;
  readonly real: ResponseMatrix | undefined;
  /** Stimuli of the peak. */
  readonly k: number;
  /** Of the neurons, in order. */
  readonly ids: readonly number[];
}

/** The fields of an answer, as the text of a JSON object in UTF-8. */
export type AnswerFields = Uint8Array<ArrayBuffer>;

/** Analyses responses in this thread. */
export async function analyseTuning({
  kind,
  predicted,
  ids,
  ...options
}: TuningTask): Promise<AnswerFields> {
  const fields =
    kind === 'rank'
      ? rankAnswer(rankTuning(predicted, options), ids)
      : peakAnswer(neuronPeaks(predicted, options), ids);
  return new TextEncoder().encode(JSON.stringify(fields));
}
