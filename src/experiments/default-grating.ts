import type { ModelCard } from '../models/card.js';
import { largestContrast } from '../stimulus/parametric/paint.js';
import type { Canvas } from '../stimulus/stimuli.js';

/** The part of the RMS contrast of natural images that lies, roughly, in a neuron's band where it is strong. */
const SHARE_OF_BAND = 0.5;

/**
 * The Michelson contrast of a grating when a request names none: what a model of natural images has seen
 * in one band. Their power lies in many bands, that of a grating in one, so that the RMS contrast of a
 * grating all over the image is half of theirs; where theirs is not known, the largest that can be shown.
 */
export function defaultContrast({ stimulus }: ModelCard, canvas: Canvas): number {
  const largest = largestContrast(canvas);
  if (stimulus.trainingRange === null) return largest;
  const [low, high] = stimulus.trainingRange.contrast;
  const michelson = (Math.SQRT2 * SHARE_OF_BAND * (low + high)) / 2 / canvas.background;
  return Math.min(largest, Number(michelson.toPrecision(3)));
}

/** The part of the shorter side of the image. */
const SHARE_OF_SIDE = 0.4;

/** The diameter, in pixels, of a grating for a neuron whose receptive field is not known. */
export function defaultDiameter({ height, width }: Canvas): number {
  return SHARE_OF_SIDE * Math.min(height, width);
}
