import type { ModelCard } from '../models/card.js';
import { largestContrast } from '../stimulus/parametric/paint.js';
import type { Canvas } from '../stimulus/stimuli.js';

/** Roughly the largest share of the RMS contrast of natural images that is in the band of a neuron. */
const SHARE_OF_BAND = 0.5;

/**
 * The default Michelson contrast of a grating: the contrast that the training images have in one band. The
 * power of natural images is spread over many bands, and that of a grating is in one, so the RMS contrast of a
 * grating over the whole image is half of theirs. If theirs is unknown, it is the largest that can be presented.
 */
export function defaultContrast({ stimulus }: ModelCard, canvas: Canvas): number {
  const largest = largestContrast(canvas);
  if (stimulus.trainingRange === null) return largest;
  const [low, high] = stimulus.trainingRange.contrast;
  const michelson = (Math.SQRT2 * SHARE_OF_BAND * (low + high)) / 2 / canvas.background;
  return Math.min(largest, Number(michelson.toPrecision(3)));
}

/** The default diameter as a share of the shorter side of the image. */
const SHARE_OF_SIDE = 0.4;

/** The diameter, in pixels, of a grating for a neuron with an unknown receptive field. */
export function defaultDiameter({ height, width }: Canvas): number {
  return SHARE_OF_SIDE * Math.min(height, width);
}
