import { z } from 'zod';
import type { ServedModel } from '../inference/catalogue.js';
import type { DecodedStimuli } from '../stimulus/decoding.js';
import { Fit } from '../stimulus/fit.js';
import { type Canvas, type Stimuli, stimulusAt, stimulusDigest } from '../stimulus/stimuli.js';
import { type ContrastRange, contrastWarnings } from '../stimulus/training-range.js';
import { type GiveWay, inTurns } from '../stimulus/turns.js';
import { NeuronList } from './neurons.js';

/** The element types of raw pixels. */
export const RawType = z.enum(['uint8', 'float32']);

/** The query parameters of every route that takes stimuli. */
export const StimulusQuery = z.strictObject({
  neurons: NeuronList.optional(),
  fit: Fit.default('none'),
  dtype: RawType.optional(),
});
export type StimulusQuery = z.infer<typeof StimulusQuery>;

/** What stimuli for a model are made for. */
export function canvasOf({ card }: ServedModel): Canvas {
  const { height, width, backgroundGray: background, degreesPerImage } = card.stimulus;
  const pixelsPerDegree = degreesPerImage === null ? undefined : width / degreesPerImage;
  return { height, width, background, pixelsPerDegree };
}

/** Per stimulus: its digest, and what its sender should know. */
export interface StimulusReport {
  readonly digest: string;
  readonly warnings: readonly string[];
}

/** The RMS contrasts of the images that a model was trained on; null where its card does not say. */
export function contrastRange({ card }: ServedModel): ContrastRange | null {
  return card.stimulus.trainingRange?.contrast ?? null;
}

/**
 * Reports decoded stimuli a few at a time.
 * @param range the RMS contrasts that give no warning; null: all of them
 */
export function reportInTurns(
  range: ContrastRange | null,
  { stimuli, notes }: Pick<DecodedStimuli, 'stimuli' | 'notes'>,
  giveWay?: GiveWay,
): Promise<StimulusReport[]> {
  const report = (part: Stimuli, from: number) =>
    Array.from({ length: part.count }, (_, i): StimulusReport => {
      const stimulus = stimulusAt(part, i);
      const warnings = [...notes[from + i]!, ...contrastWarnings(stimulus, range)];
      return { digest: stimulusDigest(stimulus), warnings };
    });
  return inTurns(stimuli, report, giveWay);
}
