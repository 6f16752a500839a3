import type { ServedModel } from '../inference/catalogue.js';
import { isShared } from '../network/any-architecture.js';
import type { Canvas } from '../stimulus/stimuli.js';
import type { ContrastRange } from '../stimulus/training-range.js';

type HasCard = Pick<ServedModel, 'card'>;

/** Returns the size, the background and the scale of a model's stimuli. */
export function modelCanvas({ card }: HasCard): Canvas {
  const { height, width, channels, monitor, degreesPerImage } = card.stimulus;
  const { backgroundGray: background } = card.stimulus;
  const pixelsPerDegree = degreesPerImage === null ? undefined : width / degreesPerImage;
  return { height, width, channels, background, pixelsPerDegree, monitor };
}

/**
 * Returns the RMS contrasts that give no warning: those of a model's training images, and of a shared core also all
 * below, whose errors are smaller (`bench:warnings`).
 * @returns null if the card has no range
 */
export function contrastRange({ card }: HasCard): ContrastRange | null {
  const { contrast } = card.stimulus.trainingRange ?? {};
  if (contrast === undefined) return null;
  return isShared(card.architecture) ? [0, contrast[1]] : contrast;
}
