import { renderGratings } from '../stimulus/parametric/grating.js';
import type { Stimuli } from '../stimulus/stimuli.js';

/**
 * Full-field gratings of four orientations around mid-gray: the golden stimuli of a model that comes without images. In
 * colour, each channel has another one.
 */
export function goldenGratings({
  height,
  width,
  channels,
}: Pick<Stimuli, 'height' | 'width' | 'channels'>): Stimuli {
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
  const gray = renderGratings(each, { height, width, channels: 1, background: 0.5 });
  if (channels === 1) return gray;
  const size = height * width;
  const pixels = Float32Array.from({ length: gray.pixels.length * channels }, (_, i) => {
    const [image, pixel] = [Math.floor(i / (size * channels)), Math.floor(i / channels) % size];
    return gray.pixels[((image + (i % channels)) % each.length) * size + pixel]!;
  });
  return { ...gray, channels, pixels };
}
