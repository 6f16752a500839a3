import { z } from 'zod';
import { InputError } from '../input-error.js';
import { apertureCoverage } from './aperture.js';
import type { Canvas, GrayImage, Stimuli } from './stimuli.js';

/** A static sinusoidal grating, perhaps behind an aperture. */
export const Grating = z.strictObject({
  orientation: z
    .number()
    .default(0)
    .describe(
      'of the bars, degrees counter-clockwise from horizontal, y up; period 180. ' +
        'The drift direction is orientation + 90',
    ),
  spatialFrequency: z.number().positive().max(0.5).default(0.1).describe('cycles per pixel'),
  phase: z.number().default(0).describe("degrees, at the grating's centre"),
  contrast: z.number().min(0).max(1).default(1).describe('Michelson, 0..1'),
  diameter: z
    .number()
    .positive()
    .nullable()
    .default(20)
    .describe('of the aperture, pixels; null: the whole image'),
  innerDiameter: z
    .number()
    .nonnegative()
    .default(0)
    .describe('of a hole that makes the aperture an annulus, pixels; 0: none'),
  x: z.number().default(0).describe('of the centre, pixels right of the image centre'),
  y: z.number().default(0).describe('of the centre, pixels above the image centre'),
  edge: z
    .enum(['hard', 'cosine'])
    .default('hard')
    .describe('of the aperture: hard, or a raised cosine over the outer quarter of its radius'),
});
export type Grating = z.infer<typeof Grating>;

/**
 * Renders a grating: L = background * (1 + a * contrast * cos(2 pi sf x' + phase)) at the pixel
 * centres, with x' = -(x - x0) sin(orientation) + (y - y0) cos(orientation), the distance from the
 * grating's centre along the normal to the bars (x right, y up, in pixels from the image centre,
 * which is at ((width - 1) / 2, (height - 1) / 2)), and a the share of the pixel that the aperture
 * lets through. Turning by 180 degrees is the same as turning the sign of the phase. Computed in
 * float64, rounded once to float32.
 * @throws InputError when the grating would be brighter than 1, or its hole leaves nothing
 */
export function renderGrating(grating: Grating, canvas: Canvas): GrayImage {
  checkRenderable(grating, canvas.background);
  const { height, width, background } = canvas;
  const { cos, sin } = cosSinDegrees(grating.orientation);
  const turn = (2 * Math.PI * (grating.phase % 360)) / 360;
  const cycle = 2 * Math.PI * grating.spatialFrequency;
  const pixels = new Float32Array(height * width);
  for (let row = 0; row < height; row++) {
    const y = (height - 1) / 2 - row - grating.y;
    for (let column = 0; column < width; column++) {
      const x = column - (width - 1) / 2 - grating.x;
      const along = -x * sin + y * cos;
      const modulation = apertureCoverage(grating, x, y) * grating.contrast;
      pixels[row * width + column] = background * (1 + modulation * Math.cos(cycle * along + turn));
    }
  }
  return { height, width, pixels };
}

/** Renders gratings in order, as one batch. @throws InputError as `renderGrating` */
export function renderGratings(gratings: readonly Grating[], canvas: Canvas): Stimuli {
  const { height, width } = canvas;
  const pixels = new Float32Array(gratings.length * height * width);
  for (const [i, grating] of gratings.entries()) {
    pixels.set(renderGrating(grating, canvas).pixels, i * height * width);
  }
  return { count: gratings.length, height, width, pixels };
}

/** The blank: one image of uniform background. */
export function blankStimulus({ height, width, background }: Canvas): Stimuli {
  return { count: 1, height, width, pixels: new Float32Array(height * width).fill(background) };
}

function checkRenderable(grating: Grating, background: number): void {
  const { contrast, diameter, innerDiameter } = grating;
  const peak = background * (1 + contrast);
  if (Math.fround(peak) > 1) {
    const most = Math.floor((1 / background - 1) * 1000) / 1000;
    throw new InputError(
      `contrast ${contrast} on a background of ${background} needs luminance ` +
        `${Number(peak.toPrecision(4))}, brighter than white; at most ${most} can be shown`,
    );
  }
  if (diameter !== null && innerDiameter >= diameter) {
    throw new InputError(`innerDiameter ${innerDiameter} must be less than diameter ${diameter}`);
  }
}

/** Exact at multiples of 90 degrees, so that horizontal bars are constant along x to the last bit. */
function cosSinDegrees(degrees: number): { cos: number; sin: number } {
  const quarters = Math.round(degrees / 90);
  const rest = ((degrees - 90 * quarters) * Math.PI) / 180;
  const cos = Math.cos(rest);
  const sin = Math.sin(rest);
  switch (((quarters % 4) + 4) % 4) {
    case 0:
      return { cos, sin };
    case 1:
      return { cos: -sin, sin: cos };
    case 2:
      return { cos: -cos, sin: -sin };
    default:
      return { cos: sin, sin: -cos };
  }
}
