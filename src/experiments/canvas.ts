import type { ServedModel } from '../inference/catalogue.js';
import type { Canvas } from '../stimulus/stimuli.js';
import type { ContrastRange } from '../stimulus/training-range.js';

type HasCard = Pick<ServedModel, 'card'>;

/** Returns the size, the background and the scale of a model's stimuli. */
export function modelCanvas({ card }: HasCard): Canvas {
  const { height, width, channels, backgroundGray: background, degreesPerImage } = card.stimulus;
  const pixelsPerDegree = degreesPerImage === null ? undefined : width / degreesPerImage;
  return { height, width, channels, background, pixelsPerDegree };
}

/** Returns the range of the RMS contrasts of a model's training images; null if its card has none. */
export function contrastRange({ card }: HasCard): ContrastRange | null {
  return card.stimulus.trainingRange?.contrast ?? null;
}
