import { z } from 'zod';

const Share = z.number().min(-1000).max(1000);
const DEGREES = 'degrees';

/** A direction of colour, along which a stimulus differs from its background. */
export const Colour = z
  .discriminatedUnion(
    'space',
    [
      z.strictObject({
        space: z.literal('rgb'),
        direction: z
          .tuple([Share, Share, Share])
          .refine((direction) => direction.some((share) => share !== 0), 'must not be all 0')
          .meta({
            description:
              'shares of red, green and blue in the modulation of the stored values, scaled so that the largest is 1 or -1',
          }),
      }),
      z.strictObject({
        space: z.literal('dkl'),
        azimuth: z.number().min(-36_000).max(36_000).default(0).meta({
          description: '0: L - M, 90: S - (L + M), both at constant luminance',
          unit: DEGREES,
        }),
        elevation: z.number().min(-90).max(90).default(0).meta({
          description: 'above the plane of constant luminance; 90: luminance',
          unit: DEGREES,
        }),
      }),
    ],
    { error: 'is of no known space; expected "space": "rgb" or "space": "dkl"' },
  )
  .meta({
    description:
      'the direction of the modulation, for models in colour: {"space": "rgb", "direction": [r, g, b]}, or ' +
      '{"space": "dkl", "azimuth": 0, "elevation": 0} where the card of the model has its monitor; left out: gray',
  });
export type Colour = z.infer<typeof Colour>;

/** The angles of a colour that can be swept, with their default values in degrees. */
export const COLOUR_ANGLES: Readonly<Record<string, readonly number[]>> = {
  azimuth: Array.from({ length: 24 }, (_, i) => 15 * i),
  elevation: Array.from({ length: 13 }, (_, i) => 15 * i - 90),
};
