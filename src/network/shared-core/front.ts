import * as tf from '@tensorflow/tfjs';
import type { Channels } from '../../formats/channels.js';
import { LUMA } from '../../formats/luma.js';
import type { BlockPass } from '../block-pass.js';
import { NORM_EPSILON } from '../layers/specification.js';
import type { SharedCore } from './architecture.js';
import { activate, convolveEvery, convolveSame, filters } from './convolutions.js';
import { ENERGY_EPSILON, type FilterBank, gaborBank, meanBank } from './gabors.js';
import { LEARNT_SIDE } from './parameters.js';
import { doublePlaces, mapPlaces, type Places, padding } from './places.js';

/**
 * What the fixed filters give of stimuli: luminance and, of colour, its differences; energies, and phases where they are
 * seen; or the stimuli themselves, where there are no filters.
 * @param stimuli [B, H, W, 1 or 3], 0 for the mean gray or colour
 * @returns [B, h, w, fixed channels]
 */
export function seeFixed(core: SharedCore, stimuli: tf.Tensor4D): tf.Tensor4D {
  if (core.front === 'pixels') return stimuli.clone();
  const channels = stimuli.shape[3] as Channels;
  const maps = [filter(stimuli, meanBank(channels))];
  const luma = channels === 1 ? stimuli : stimuli.mul(tf.tensor1d([...LUMA])).sum(3, true);
  const phases: tf.Tensor4D[] = [];
  for (const [i, wavelength] of core.wavelengths.entries()) {
    const seen = filter(luma as tf.Tensor4D, gaborBank(wavelength, core.orientations)); // [B, h, w, 2·orientations]
    const [even, odd] = tf.split(seen, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
    const power = even.square().add(odd.square()).add<tf.Tensor4D>(ENERGY_EPSILON);
    maps.push(power.sqrt().sqrt()); // the root of the amplitude
    if (i < core.phases) phases.push(seen);
  }
  return tf.concat([...maps, ...phases], 3);
}

/** Fixed channels with a mean of 0 and a variance of 1 over the training images. */
export function standardise(fixed: tf.Tensor4D, { take }: BlockPass): tf.Tensor4D {
  const scale = take('core.fixed.norm.variance').add(NORM_EPSILON).rsqrt().flatten();
  return fixed.sub(take('core.fixed.norm.mean').flatten()).mul(scale);
}

/** What the filters that are learnt give of stimuli: [B, h, w, learnt] */
export function seeLearnt(stimuli: tf.Tensor4D, pass: BlockPass): tf.Tensor4D {
  const [, height, width] = stimuli.shape;
  const x = padFor(stimuli, [doublePlaces(height), doublePlaces(width)], LEARNT_SIDE);
  const first = convolveEvery(x, filters('core.learnt1', pass), doublePlaces(height).stride);
  const pooled = tf.avgPool(activate('core.learnt1', first, pass), 2, 2, 'valid');
  const second = convolveSame(pooled, filters('core.learnt2', pass));
  return activate('core.learnt2', second, pass);
}

/** The responses of fixed filters at the places of the map. */
function filter(stimuli: tf.Tensor4D, { side, values, filters: count }: FilterBank): tf.Tensor4D {
  const [, height, width, channels] = stimuli.shape;
  const places = [mapPlaces(height), mapPlaces(width)] as const;
  const bank = tf.tensor4d(values, [side, side, channels, count]);
  return convolveEvery(padFor(stimuli, places, side), bank, places[0].stride);
}

function padFor(
  stimuli: tf.Tensor4D,
  [vertical, horizontal]: readonly [Places, Places],
  side: number,
): tf.Tensor4D {
  const [, height, width] = stimuli.shape;
  return stimuli.pad([
    [0, 0],
    padding(height, vertical, side),
    padding(width, horizontal, side),
    [0, 0],
  ]);
}
