import { channelsOf, type StimulusSize } from '../stimulus-size.js';
import type { SharedCore } from './architecture.js';
import { fixedChannels, fixedNumbers } from './gabors.js';
import { LEARNT_SIDE, mapChannels, sharedMapSize } from './parameters.js';

/** Multiplications, each with its addition, of the core, and of one readout. Those of attention are not counted. */
export function sharedMultiplications(
  core: SharedCore,
  stimulus: StimulusSize,
): { readonly core: number; readonly readout: number } {
  const map = sharedMapSize(core, stimulus);
  const places = map.height * map.width;
  const { learnt, channels, trunk, steps } = core;
  const seen = channelsOf(stimulus);
  const learntOnes = 4 * LEARNT_SIDE ** 2 * seen * learnt + 9 * learnt * learnt;
  const mixing = (fixedChannels(core, stimulus) + learnt) * channels;
  const squared = 9 * channels * channels;
  const trunks = {
    none: 0,
    convolutions: mixing + squared,
    recurrent: mixing + 3 * squared * steps, // of the input once, and of the state from the second step on
  };
  const inMap = mapChannels(core, stimulus);
  const weights = places * inMap;
  const isFiltered = core.front === 'filters';
  const luma = seen > 1 && isFiltered ? stimulus.height * stimulus.width * seen : 0;
  return {
    core: luma + places * (fixedNumbers(core, stimulus) + learntOnes + trunks[trunk]),
    readout: core.readout === 'gaussian' ? weights + inMap : weights,
  };
}
