import type { z } from 'zod';
import { inChunks, type YieldToEventLoop } from '../stimulus/chunks.js';
import type { DecodedStimuli } from '../stimulus/decode/decoding.js';
import { type Stimuli, stimulusAt, stimulusDigest } from '../stimulus/stimuli.js';
import { type ContrastRange, contrastWarnings } from '../stimulus/training-range.js';
import type { Report } from './result-parts.js';

/** The digest of a stimulus and its warnings. */
export type StimulusReport = DeepReadonly<z.infer<typeof Report>>;
type DeepReadonly<T> = { readonly [Key in keyof T]: Readonly<T[Key]> };

/**
 * Makes the reports of stimuli in chunks.
 * @param range the RMS contrasts that give no warning; null if no contrast gives one
 */
export function reportInChunks(
  range: ContrastRange | null,
  { stimuli, notes }: Pick<DecodedStimuli, 'stimuli' | 'notes'>,
  yieldToEventLoop?: YieldToEventLoop,
): Promise<StimulusReport[]> {
  const report = (part: Stimuli, from: number) =>
    Array.from({ length: part.count }, (_, i): StimulusReport => {
      const stimulus = stimulusAt(part, i);
      const warnings = [...notes[from + i]!, ...contrastWarnings(stimulus, range)];
      return { digest: stimulusDigest(stimulus), warnings };
    });
  return inChunks(stimuli, report, yieldToEventLoop);
}

/** Copies reports for a result. */
export function copyReports(reports: readonly StimulusReport[]): z.infer<typeof Report>[] {
  return reports.map(({ digest, warnings }) => ({ digest, warnings: [...warnings] }));
}
