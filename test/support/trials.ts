import type { NewTrial, Trial } from '../../src/datasets/trial.js';
import { type StimulusImage, stimulusDigest } from '../../src/stimulus/stimuli.js';

/** A trial of an image, with its pixels. */
export function newTrial(
  id: string,
  image: StimulusImage,
  responses: readonly (number | null)[],
  changes: Partial<Trial> = {},
): NewTrial {
  const trial: Trial = {
    id,
    stimulus: stimulusDigest(image),
    neurons: responses.map((_, neuron) => neuron),
    responses: [...responses],
    window: null,
    unit: 'spikes/s',
    onset: null,
    repeat: null,
    valid: true,
    ...changes,
  };
  return { trial, image };
}
