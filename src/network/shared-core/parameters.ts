import type { MapSize } from '../layers/map.js';
import {
  affineParameters,
  convolutionParameters,
  normParameters,
  type ParameterSpecification,
} from '../layers/specification.js';
import type { SharedCore } from './architecture.js';
import { fixedChannels } from './gabors.js';
import { mapPlaces } from './places.js';

/** Side of the filters that are learnt, at every second pixel. */
export const LEARNT_SIDE = 9;
/** Standard deviation of a mask before the training, in halves of the map. */
const MASK = 0.4;

/** The map of a stimulus: its places lie in every fourth row and column, centred in the stimulus. */
export function sharedMapSize({ height, width }: MapSize): MapSize {
  return { height: mapPlaces(height).count, width: mapPlaces(width).count };
}

/**
 * Names and shapes of the parameters, in the order in which they are stored. Those of the core begin with `core.`, and
 * there is one of each; the others are of each neuron.
 */
export function sharedCoreParameters(core: SharedCore): ParameterSpecification[] {
  const { learnt, channels } = core;
  const fixed = fixedChannels(core);
  return [
    // the mean gray of the training images, beyond which there is nothing to see
    { name: 'core.gray', shape: [1], initial: { constant: 0.5 }, role: 'statistic' },
    ...statistics('core.fixed', fixed),
    ...(learnt > 0
      ? [
          ...block('core.learnt1', LEARNT_SIDE, 1, learnt),
          ...block('core.learnt2', 3, learnt, learnt),
        ]
      : []),
    ...block('core.mix', 1, fixed + learnt, channels),
    ...block('core.combine', 3, channels, channels),
    { name: 'readout.centre', shape: [2], initial: { constant: 0 }, role: 'learned' },
    { name: 'readout.spread', shape: [2], initial: { constant: Math.log(MASK) }, role: 'learned' },
    ...affineParameters('readout', [channels], 1, 1 / Math.sqrt(channels)),
  ];
}

/** Whether all neurons share a parameter: a population has one row of it. */
export function isOfCore(name: string): boolean {
  return name.startsWith('core.');
}

/** A convolution and its batch norm. */
function block(name: string, side: number, from: number, to: number): ParameterSpecification[] {
  return [...convolutionParameters(name, side, from, to), ...normParameters(name, to)];
}

/** Mean and variance of each channel over the training images. */
function statistics(name: string, channels: number): ParameterSpecification[] {
  return normParameters(name, channels).filter(({ role }) => role === 'statistic');
}
