import { z } from 'zod';

/**
 * One core that serves all neurons of a site, and a small readout for each of them. The core sees the stimulus through
 * Gabor filters and through filters that it learns, at one place in every four pixels; a 1x1 and a 3x3 convolution
 * follow, each with batch norm and an ELU. A readout takes the average of the map under a Gaussian mask, and a weighted
 * sum of its channels.
 */
export const SharedCore = z.strictObject({
  family: z.literal('shared_core'),
  /** Of the Gabor filters, in pixels. */
  wavelengths: z.array(z.number().min(2).max(64)).max(16),
  /** Of the Gabor filters, evenly spaced over half a turn. */
  orientations: z.int().positive().max(64),
  /** How many of the wavelengths, from the first on, also give the responses of their even and odd filters. */
  phases: z.int().nonnegative().max(16),
  /** Channels of the filters that are learnt. */
  learnt: z.int().nonnegative().max(1024),
  /** Channels of the map that the readouts see. */
  channels: z.int().positive().max(4096),
  /** Between the places of the map. */
  attention: z.literal('none'),
  /** `gaussian`: a linear over the channels of the map, averaged under a Gaussian mask. */
  readout: z.literal('gaussian'),
  /** What the readout's sum becomes: `softplus` keeps responses positive, as the Poisson loss needs. */
  output: z.enum(['linear', 'softplus']).default('linear'),
});
export type SharedCore = z.infer<typeof SharedCore>;
