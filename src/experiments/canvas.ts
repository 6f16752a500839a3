import type { ServedModel } from '../inference/catalogue.js';
import type { Canvas } from '../stimulus/stimuli.js';
import type { ContrastRange } from '../stimulus/training-range.js';

type HasCard = Pick<ServedModel, 'card'>;

/** The size, the background and the scale of the stimuli that a model sees. */
export function modelCanvas({ card }: HasCard): Canvas {
  const { height, width, backgroundGray: background, degreesPerImage } = card.stimulus;
  const pixelsPerDegree = degreesPerImage === null ? undefined : width / degreesPerImage;
  return { height, width, background, pixelsPerDegree };
}

/** The RMS contrasts of the images that a model was trained on; null where its card does not say. */
export function contrastRange({ card }: HasCard): ContrastRange | null {
  return card.stimulus.trainingRange?.contrast ?? null;
}
