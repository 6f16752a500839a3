import { z } from 'zod';
import type { Channels } from '../formats/channels.js';
import { alphaLayer } from './layers/alpha.js';
import { ATTENTION_KINDS, attentionLayer } from './layers/attention.js';
import { betaLayer } from './layers/beta.js';
import type { Layer, Readout } from './layers/layer.js';
import { centre } from './layers/readouts/centre.js';
import { full } from './layers/readouts/full.js';
import { split } from './layers/readouts/split.js';

/** By the name that an architecture has for it. */
export const READOUTS = { full, centre, split } satisfies Readonly<Record<string, Readout>>;

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
  attention: z.enum(['none', ...ATTENTION_KINDS]),
  /**
   * `full`: linear over the whole map; `centre`: over the centre hypercolumn alone; `split`: a
   * linear for the centre, one for the surround, and a linear that combines the two.
   */
  readout: z.enum(Object.keys(READOUTS) as (keyof typeof READOUTS)[]),
  /** What the readout's sum becomes: `softplus` keeps responses positive, as the Poisson loss needs. */
  output: z.enum(['linear', 'softplus']).default('linear'),
});
export type Architecture = z.infer<typeof Architecture>;

/**
 * Creates the layers of a network before its readout; the first one sees the stimuli. A new kind of layer is a
 * file of layers/, its field of the schema above, and its place in this list.
 * @param seen channels of the stimuli
 */
export function createLayers(
  { channels, betaKernel, attention }: Architecture,
  seen: Channels,
): Layer[] {
  return [
    alphaLayer('alpha1', seen, channels, true),
    alphaLayer('alpha2', channels, channels, false),
    ...(attention === 'none' ? [] : [attentionLayer(attention, channels)]),
    betaLayer('beta1', betaKernel, channels, true),
    betaLayer('beta2', betaKernel, channels, false),
  ];
}
