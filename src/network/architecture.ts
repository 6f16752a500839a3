import { z } from 'zod';

/**
 * What one network is made of. Sizes follow from it: an alpha block is a 5x5 convolution, a 2x2
 * max pool, batch norm and a sigmoid; a beta block a `betaKernel` convolution, batch norm and a
 * sigmoid. All convolutions are valid, so 50x50 pixels become 9x9 hypercolumns.
 */
export const Architecture = z.strictObject({
  /** Channels of every convolution. */
  channels: z.int().positive(),
  /** Side of the beta convolutions: 3 sees neighbouring hypercolumns, 1 stays within one. */
  betaKernel: z.union([z.literal(1), z.literal(3)]),
  /** Self-attention between hypercolumns; `mapped` projects its values, `identity` does not. */
  attention: z.enum(['none', 'identity', 'mapped']),
  /**
   * `full`: linear over the whole map; `centre`: over the centre hypercolumn alone; `split`: a
   * linear for the centre, one for the surround, and a linear that combines the two.
   */
  readout: z.enum(['full', 'centre', 'split']),
  /** What the readout's sum becomes: `softplus` keeps responses positive, as the Poisson loss needs. */
  output: z.enum(['linear', 'softplus']).default('linear'),
});
export type Architecture = z.infer<typeof Architecture>;

/** Channels of the projections to queries, keys and values. */
export const ATTENTION_CHANNELS = 5;
/** Side of the alpha convolutions. */
export const ALPHA_KERNEL = 5;
/** What batch norm adds to a variance, as in the published networks. */
export const NORM_EPSILON = 1e-5;

/** Height and width of a map, in cells. */
export interface MapSize {
  readonly height: number;
  readonly width: number;
}

/** Index of the centre hypercolumn in the flattened map: 40 of 81. */
export function centreIndex(map: MapSize): number {
  return Math.floor(map.height / 2) * map.width + Math.floor(map.width / 2);
}
