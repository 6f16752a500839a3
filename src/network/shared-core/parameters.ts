import { ATTENTION_CHANNELS } from '../layers/attend.js';
import type { MapSize } from '../layers/map.js';
import {
  affineParameters,
  convolutionParameters,
  normParameters,
  type ParameterSpecification,
} from '../layers/specification.js';
import { channelsOf, type StimulusSize } from '../stimulus-size.js';
import type { SharedCore } from './architecture.js';
import { fixedChannels, gaborSide, LUMINANCE_SIDE } from './gabors.js';
import { mapPlaces, STRIDE } from './places.js';

/** Side of the filters that are learnt, at every second pixel. */
export const LEARNT_SIDE = 9;
/** Standard deviation of a mask before the training, in halves of the map. */
const MASK = 0.4;

/** The map that the readouts see: the pixels, or places in every fourth row and column, centred in the stimulus. */
export function sharedMapSize({ front }: SharedCore, { height, width }: MapSize): MapSize {
  if (front === 'pixels') return { height, width };
  return { height: mapPlaces(height).count, width: mapPlaces(width).count };
}

/** Pixels along a side that a place of the map sees, before any attention. */
export function sharedFieldSide({ front, wavelengths, learnt, trunk, steps }: SharedCore): number {
  if (front === 'pixels') return 1;
  const learntSide = learnt > 0 ? LEARNT_SIDE + STRIDE / 2 + 2 * STRIDE : 1;
  const side = Math.max(LUMINANCE_SIDE, learntSide, ...wavelengths.map(gaborSide));
  const neighbours = { none: 0, convolutions: 1, recurrent: steps }[trunk];
  return side + 2 * STRIDE * neighbours;
}

/** Channels of the map that the readouts see. */
export function mapChannels(core: SharedCore, stimulus: StimulusSize): number {
  return core.trunk === 'none' ? fixedChannels(core, stimulus) + core.learnt : core.channels;
}

/**
 * Names and shapes of the parameters, in the order in which they are stored. Those of the core begin with `core.`, and
 * there is one of each; the others are of each neuron.
 */
export function sharedCoreParameters(
  core: SharedCore,
  stimulus: StimulusSize,
): ParameterSpecification[] {
  const { learnt } = core;
  const channels = channelsOf(stimulus);
  return [
    // the mean gray or colour of the training images, beyond which there is nothing to see
    { name: 'core.gray', shape: [channels], initial: { constant: 0.5 }, role: 'statistic' },
    ...statistics('core.fixed', fixedChannels(core, stimulus)),
    ...(learnt > 0
      ? [
          ...block('core.learnt1', LEARNT_SIDE, channels, learnt),
          ...block('core.learnt2', 3, learnt, learnt),
        ]
      : []),
    ...trunkParameters(core, stimulus),
    ...attentionParameters(core, stimulus),
    ...readoutParameters(core, stimulus),
  ];
}

function trunkParameters(core: SharedCore, stimulus: StimulusSize): ParameterSpecification[] {
  const { trunk, learnt, channels } = core;
  if (trunk === 'none') return [];
  const mix = block('core.mix', 1, fixedChannels(core, stimulus) + learnt, channels);
  if (trunk === 'convolutions') return [...mix, ...block('core.combine', 3, channels, channels)];
  const gates = (part: string) =>
    convolutionParameters(`core.recurrent.${part}`, 3, channels, 3 * channels);
  return [...mix, ...gates('input'), ...gates('state')];
}

function attentionParameters(core: SharedCore, stimulus: StimulusSize): ParameterSpecification[] {
  if (core.attention === 'none') return [];
  const channels = mapChannels(core, stimulus);
  const projection = (name: string, from: number, to: number) =>
    affineParameters(`core.attention.${name}`, [from, to], to, 1 / Math.sqrt(from));
  return [
    // at 0, so that the training begins with what the core is without attention
    { name: 'core.attention.gamma', shape: [1], initial: { constant: 0 }, role: 'learned' },
    ...projection('query', channels, ATTENTION_CHANNELS),
    ...projection('key', channels, ATTENTION_CHANNELS),
    ...(core.attention === 'mapped'
      ? [
          ...projection('value', channels, ATTENTION_CHANNELS),
          ...projection('output', ATTENTION_CHANNELS, channels),
        ]
      : []),
  ];
}

function readoutParameters(core: SharedCore, stimulus: StimulusSize): ParameterSpecification[] {
  const channels = mapChannels(core, stimulus);
  const learned = (name: string, shape: number[], constant: number) =>
    ({ name, shape, initial: { constant }, role: 'learned' }) as const;
  const output =
    core.output === 'scaled_softplus'
      ? [learned('output.weight', [1], 1), learned('output.bias', [1], 0)]
      : [];
  if (core.readout === 'whole') {
    const { height, width } = sharedMapSize(core, stimulus);
    // at 0, so that a place that no image uses adds nothing
    const weight = learned('readout.weight', [height, width, channels], 0);
    return [weight, learned('readout.bias', [1], 0), ...output];
  }
  return [
    learned('readout.centre', [2], 0),
    learned('readout.spread', [2], Math.log(MASK)),
    ...affineParameters('readout', [channels], 1, 1 / Math.sqrt(channels)),
    ...output,
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
