import { z } from 'zod';

/** Weights of red, green and blue. */
export const Colour = z.tuple([z.number(), z.number(), z.number()]).readonly();
export type Colour = z.infer<typeof Colour>;

/** A neuron's receptive field and normalisation: what turns an image into its drive. */
export const ReceptiveField = z.strictObject({
  /** Of the preferred bars, degrees counter-clockwise from horizontal, y up. */
  orientation: z.number().min(0).lt(180),
  /** Cycles per pixel. */
  spatialFrequency: z.number().positive(),
  /** Degrees; of the preferred grating at the receptive field's centre. */
  phase: z.number().min(0).lt(360),
  /** Pixels from the image centre, x right, y up. */
  x: z.number(),
  y: z.number(),
  /** Of the Gaussian envelope, pixels: across the bars and along them. */
  sigmaX: z.number().positive(),
  sigmaY: z.number().positive(),
  /** Share of the drive that ignores phase, 0..1: 0 a pure simple cell, 1 a pure complex cell. */
  complexity: z.number().min(0).max(1),
  /** Distance of the surround's centres from the receptive field's centre, pixels. */
  surroundDistance: z.number().positive(),
  /** Of images in colour: what the receptive field and its surround see of each pixel. */
  colour: Colour.optional(),
});
export type ReceptiveField = z.infer<typeof ReceptiveField>;

/** How the drive becomes a response. */
export const Nonlinearity = z.strictObject({
  exponent: z.number().positive(),
  /** In units of the drive: the contrast of an optimal grating. */
  semisaturation: z.number().positive(),
  localWeight: z.number().nonnegative(),
  surroundWeight: z.number().nonnegative(),
  /** dF/F. */
  gain: z.number().positive(),
  baseline: z.number(),
});
export type Nonlinearity = z.infer<typeof Nonlinearity>;

/** Standard deviations of the two kinds of noise of one trial. */
export const Noise = z.strictObject({
  /** dF/F. */
  additive: z.number().nonnegative(),
  /** Relative to the response above baseline. */
  multiplicative: z.number().nonnegative(),
});
export type Noise = z.infer<typeof Noise>;

export const TrueNeuron = z.strictObject({
  /** Column of the response files. */
  id: z.int().nonnegative(),
  kind: z.enum(['simple', 'complex']),
  ...ReceptiveField.shape,
  ...Nonlinearity.shape,
  noise: Noise,
  /** Correlation of the noiseless responses with the mean of the repeats, validation images. */
  noiseCeiling: z.number().min(-1).max(1),
});
export type TrueNeuron = z.infer<typeof TrueNeuron>;

/** `truth.json`: the true parameters of a synthetic site. */
export const Truth = z.strictObject({
  formatVersion: z.literal(1),
  site: z.string(),
  seed: z.int(),
  images: z.strictObject({
    height: z.int().positive(),
    width: z.int().positive(),
    /** Of images in colour. */
    channels: z.literal(3).optional(),
    /** Gray outside the aperture, 0 black to 1 white. */
    background: z.number(),
    training: z.int().positive(),
    validation: z.int().positive(),
    repeats: z.int().positive(),
  }),
  conventions: z.record(z.string(), z.string()),
  neurons: z.array(TrueNeuron),
});
export type Truth = z.infer<typeof Truth>;

/** Explains the numbers of `truth.json` in the file itself. */
export const CONVENTIONS = {
  orientation: 'degrees, of the bars, counter-clockwise from horizontal, y up, period 180',
  spatialFrequency: 'cycles per pixel',
  phase:
    "degrees; the preferred grating is background * (1 + contrast * cos(2 pi spatialFrequency x' + phase)), " +
    "x' = -(px - x) sin(orientation) + (py - y) cos(orientation), px and py the pixel's place",
  position: 'x, y in pixels from the image centre (between the middle pixels), x right, y up',
  colour:
    'weights of red, green and blue, each less the background: the neuron sees their weighted sum as others see gray',
  sigma: 'pixels, Gaussian envelope; sigmaX across the bars, sigmaY along them',
  drive:
    '(1 - complexity) * max(0, s) + complexity * A; s the linear Gabor response, A the amplitude of ' +
    'its quadrature pair, both 1 for a full-contrast optimal grating that covers the image',
  surround:
    'root mean square of A over six receptive fields at surroundDistance pixels, every 60 degrees ' +
    'from the direction of the bars on',
  response:
    'baseline + gain * drive^n / (s^n + localWeight * A^n + surroundWeight * s^(n - 1) * surround), ' +
    'n = exponent, s = semisaturation, dF/F',
  trial:
    'baseline + (response - baseline) * (1 + multiplicative * N1) + additive * N2, N1 and N2 standard normal',
  noiseCeiling: 'Pearson correlation of response with the mean of the repeats, validation images',
};
