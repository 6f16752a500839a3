import { z } from 'zod';
import { ATTENTION_KINDS } from '../layers/attention.js';

/**
 * One core that serves all neurons of a site, and a small readout for each of them. The core sees the stimulus through
 * Gabor filters and through filters that it learns, at one place in every four pixels; a trunk makes of what they see
 * the map that the readouts weigh. A readout of pixels alone has no core to speak of, and is trained in the same way.
 */
export const SharedCore = z.strictObject({
  family: z.literal('shared_core'),
  /** `filters`: the filters below, at every fourth pixel; `pixels`: the pixels themselves, and no filter. */
  front: z.enum(['filters', 'pixels']).default('filters'),
  /** Of the Gabor filters, in pixels. */
  wavelengths: z.array(z.number().min(2).max(64)).max(16),
  /** Of the Gabor filters, evenly spaced over half a turn. */
  orientations: z.int().positive().max(64),
  /** How many of the wavelengths, from the first on, also give the responses of their even and odd filters. */
  phases: z.int().nonnegative().max(16),
  /** Channels of the filters that are learnt. */
  learnt: z.int().nonnegative().max(1024),
  /**
   * `convolutions`: a 1x1 and a 3x3 convolution, each with batch norm and an ELU; `recurrent`: a convolutional GRU in
   * place of the 3x3 convolution; `none`: the readouts see what the filters see.
   */
  trunk: z.enum(['convolutions', 'recurrent', 'none']).default('convolutions'),
  /** How often a recurrent trunk goes over its map. */
  steps: z.int().positive().max(16).default(1),
  /** Channels of the map that a trunk makes. */
  channels: z.int().positive().max(4096),
  /** Self-attention between the places of the map; `mapped` projects its values, `identity` does not. */
  attention: z.enum(['none', ...ATTENTION_KINDS]),
  /**
   * `gaussian`: a linear over the channels of the map, averaged under a Gaussian mask; `whole`: a linear over all
   * places and channels.
   */
  readout: z.enum(['gaussian', 'whole']),
  /**
   * What the readout's sum becomes: `softplus` keeps responses positive, as the Poisson loss needs; `scaled_softplus`
   * is gain · softplus(sum) + base, with a gain and a base that each neuron learns.
   */
  output: z.enum(['linear', 'softplus', 'scaled_softplus']).default('linear'),
});
export type SharedCore = z.infer<typeof SharedCore>;
