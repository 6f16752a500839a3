import type { Architecture } from '../architecture.js';
import { alphaLayer } from './alpha.js';
import { attentionLayer } from './attention.js';
import { betaLayer } from './beta.js';
import type { Layer, Readout } from './layer.js';
import { centre } from './readouts/centre.js';
import { full } from './readouts/full.js';
import { split } from './readouts/split.js';

/** The layers of a network before its readout, the first of which sees the stimuli. */
export function createLayers({ channels, betaKernel, attention }: Architecture): Layer[] {
  return [
    alphaLayer('alpha1', 1, channels, true),
    alphaLayer('alpha2', channels, channels, false),
    ...(attention === 'none' ? [] : [attentionLayer(attention, channels)]),
    betaLayer('beta1', betaKernel, channels, true),
    betaLayer('beta2', betaKernel, channels, false),
  ];
}

/** By the name that an architecture has for it. */
export const READOUTS: Readonly<Record<Architecture['readout'], Readout>> = { full, centre, split };
