import { z } from 'zod';
import type { ServedModel } from '../engine/catalogue.js';
import { Fit } from '../stimulus/fit.js';
import { type Canvas, type Stimuli, stimulusAt, stimulusDigest } from '../stimulus/stimuli.js';
import { rangeWarnings, stimulusStatistics } from '../stimulus/training-range.js';
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

/** @param notes per stimulus, what decoding changed */
export function reportStimuli(
  { card }: ServedModel,
  stimuli: Stimuli,
  notes: readonly (readonly string[])[] = [],
): StimulusReport[] {
  return Array.from({ length: stimuli.count }, (_, i) => {
    const stimulus = stimulusAt(stimuli, i);
    const outside = rangeWarnings(stimulusStatistics(stimulus), card.stimulus.trainingRange);
    return { digest: stimulusDigest(stimulus), warnings: [...(notes[i] ?? []), ...outside] };
  });
}

/** As `reportStimuli`, a few at a time. */
export function reportInTurns(
  model: ServedModel,
  stimuli: Stimuli,
  notes: readonly (readonly string[])[],
  giveWay?: GiveWay,
): Promise<StimulusReport[]> {
  return inTurns(
    stimuli,
    (part, from) => reportStimuli(model, part, notes.slice(from, from + part.count)),
    giveWay,
  );
}
