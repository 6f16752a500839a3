import type { StimulusImage } from '../../stimulus/stimuli.js';
import { stimulusStatistics } from '../../stimulus/training-range.js';
import { short } from '../parts/numbers.js';
import type { Card } from '../state/models.js';

/** Formats the RMS contrast of an image, with the range of the training images if known. */
export function contrastLabel(
  rendered: StimulusImage,
  { stimulus: { trainingRange } }: Pick<Card, 'stimulus'>,
): string {
  const { contrast } = stimulusStatistics(rendered);
  const own = `RMS contrast of the whole image ${short(contrast)}`;
  if (trainingRange === null) return own;
  const [low, high] = trainingRange.contrast;
  return `${own} (training images: ${short(low)} to ${short(high)})`;
}
