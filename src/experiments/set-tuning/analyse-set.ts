import { analysePeak } from '../peak.js';
import { analyseRank } from '../rank.js';
import type { SetResponses } from './set-tuning.js';

/** The analyses of responses to a stimulus set. */
const ANALYSES = { rank: analyseRank, peak: analysePeak };

/** Responses to a stimulus set and the analysis to run. */
export interface SetAnalysisTask extends SetResponses {
  readonly kind: keyof typeof ANALYSES;
}

/** The text of a JSON object in UTF-8. */
export type JsonObject = Uint8Array<ArrayBuffer>;

/**
 * Analyses responses in this thread and writes the analysis as JSON.
 * @throws InputError where a response is not a finite number
 */
export async function analyseSet({ kind, ...responses }: SetAnalysisTask): Promise<JsonObject> {
  return new TextEncoder().encode(JSON.stringify(ANALYSES[kind](responses)));
}
