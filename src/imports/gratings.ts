import { renderGratings } from '../stimulus/parametric/grating.js';
import type { Stimuli } from '../stimulus/stimuli.js';

/** Full-field gratings of four orientations around mid-gray: the golden stimuli of a model that comes without images. */
export function goldenGratings({
  height,
  width,
}: {
  readonly height: number;
  readonly width: number;
}): Stimuli {
  const each = [0, 45, 90, 135].map((orientation, i) => ({
    orientation,
    spatialFrequency: 0.05 * (i + 1),
    phase: 0,
    contrast: 1,
    diameter: null,
    innerDiameter: 0,
    x: 0,
    y: 0,
    edge: 'hard' as const,
  }));
  return renderGratings(each, { height, width, channels: 1, background: 0.5 });
}
