import { stimulusStatistics } from '../../stimulus/training-range.js';
import { short } from '../parts/numbers.js';
import type { Card } from '../state/models.js';
import type { ShownStimulus } from './shown-stimulus.js';

/** The RMS contrast of an image, beside that of the training images where the card has it. */
export function contrastWords(
  shown: Pick<ShownStimulus, 'pixels' | 'height' | 'width'>,
  { stimulus: { trainingRange } }: Pick<Card, 'stimulus'>,
): string {
  const { contrast } = stimulusStatistics(shown);
  const own = `RMS contrast of the whole image ${short(contrast)}`;
  if (trainingRange === null) return own;
  const [low, high] = trainingRange.contrast;
  return `${own} (training images: ${short(low)} to ${short(high)})`;
}
