import { z } from 'zod';

const Numbers = z.union([z.number(), z.array(z.number()).min(1).max(3)]);
const Positive = z.number().positive();

/**
 * What a person says of a network to import that its graph does not: the file that `--card` names.
 * @example
 * NetworkDescription.parse({ source: 'doi.org/10.1101/x', license: 'CC BY 4.0', values: [0, 255], mean: 113, std: 60 });
 */
export const NetworkDescription = z
  .strictObject({
    source: z.string().min(1).max(2000).describe('a paper, an address or a person'),
    license: z.string().min(1).max(500).describe('under which it may be used'),
    unit: z.string().min(1).max(100).default('none').describe('of the responses'),
    neurons: z
      .array(z.int().nonnegative())
      .min(1)
      .refine((ids) => new Set(ids).size === ids.length, 'must name each neuron once')
      .optional()
      .describe('their ids, in the order of the output; by default from 0'),
    layout: z
      .enum(['NCHW', 'NHWC'])
      .optional()
      .describe('of the input, where its shape leaves it open'),
    height: z.int().positive().max(1000).optional().describe('where the graph takes any'),
    width: z.int().positive().max(1000).optional().describe('where the graph takes any'),
    gray: z
      .literal('repeated')
      .optional()
      .describe(
        'the stimuli are gray, and a network of three channels is given them in each; else they are in colour',
      ),
    values: z
      .tuple([z.number(), z.number()])
      .refine(([black, white]) => black !== white, 'must differ')
      .default([0, 1])
      .describe('of black and of white'),
    mean: Numbers.default(0).describe('subtracted from the values; a number, or one per channel'),
    std: z
      .union([Positive, z.array(Positive).min(1).max(3)])
      .default(1)
      .describe('by which they are then divided'),
    backgroundGray: z.number().min(0).max(1).default(0.5).describe('0 black, 1 white'),
    degreesPerImage: z
      .number()
      .positive()
      .max(360)
      .nullable()
      .default(null)
      .describe('degrees of visual angle over the width'),
  })
  .meta({ id: 'NetworkDescription' });
export type NetworkDescription = z.infer<typeof NetworkDescription>;
