import type { MapSize } from '../layers/map.js';
import type { SharedCore } from './architecture.js';
import { fixedChannels, fixedNumbers } from './gabors.js';
import { LEARNT_SIDE, mapChannels, sharedMapSize } from './parameters.js';

/** Multiplications, each with its addition, of the core, and of one readout. Those of attention are not counted. */
export function sharedMultiplications(
  core: SharedCore,
  stimulus: MapSize,
): { readonly core: number; readonly readout: number } {
  const map = sharedMapSize(core, stimulus);
  const places = map.height * map.width;
  const { learnt, channels, trunk, steps } = core;
  const learntOnes = 4 * LEARNT_SIDE ** 2 * learnt + 9 * learnt * learnt;
  const mixing = (fixedChannels(core) + learnt) * channels;
  const squared = 9 * channels * channels;
  const trunks = {
    none: 0,
    convolutions: mixing + squared,
    recurrent: mixing + 3 * squared * steps, // of the input once, and of the state from the second step on
  };
  const weights = places * mapChannels(core);
  return {
    core: places * (fixedNumbers(core) + learntOnes + trunks[trunk]),
    readout: core.readout === 'gaussian' ? weights + mapChannels(core) : weights,
  };
}
