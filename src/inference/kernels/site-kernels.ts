import type { StimulusCard } from '../../models/card.js';
import type { Weights } from '../../models/saved-model.js';
import { type Architecture, createLayers, READOUTS } from '../../network/architecture.js';
import type { FoldedLayer, NeuronParameters, Relation } from '../../network/layers/fold.js';
import { multiplications } from '../../network/multiplications.js';
import type { Precision } from '../../network/precision.js';
import { requiredParts } from '../../network/required-parts.js';
import { networkParameters } from '../network-parameters.js';
import { type Addon, MARGIN } from './addon.js';
import { describeNetwork } from './describe-network.js';

/** The networks of some neurons as the kernels take them. */
export interface KernelNetworks {
  /** As `describeNetwork` gives it. */
  readonly network: Int32Array;
  /** The weights of all networks, with a margin. */
  readonly weights: Float32Array;
  /** The index at which they begin. */
  readonly first: number;
  readonly count: number;
  /** Multiplications of a network for an image. */
  readonly multiplications: number;
}

export interface KernelSite {
  readonly architecture: Architecture;
  readonly stimulus: Pick<StimulusCard, 'height' | 'width' | 'channels' | 'scale' | 'offset'>;
  /** Of each member of an ensemble; of another model, one. */
  readonly members: readonly Weights[];
  /** member·neurons + neuron */
  readonly networks: ArrayLike<number>;
  readonly precision: Precision;
}

/** What packs weights: the addon, or other code of the same kernels. */
export type Packer = Pick<
  Addon,
  'block' | 'createSite' | 'firstPlace' | 'packStep' | 'preferLargePages'
>;

/**
 * Folds the networks of some neurons and writes their weights as the kernels read them: about 1 ms for a neuron of ff_cnn.
 */
export function packNetworks(addon: Packer, site: KernelSite): KernelNetworks {
  const { architecture, stimulus, members, networks, precision } = site;
  const parts = requiredParts(architecture, stimulus);
  const padded = Math.ceil(architecture.channels / addon.block) * addon.block;
  const all = Array.from(networks, (network) => networkParameters(members, network));
  const first = foldNetwork(architecture, stimulus, all[0]!, padded);
  const network = describeNetwork(architecture, stimulus, parts, first, padded, precision);
  const { site: known, floats } = addon.createSite(network, 0);
  const weights = new Float32Array(all.length * floats + MARGIN);
  addon.preferLargePages(weights);
  const readout = READOUTS[architecture.readout];
  for (const [neuron, parameters] of all.entries()) {
    const layers = foldNetwork(architecture, stimulus, parameters, padded);
    for (const [step, layer] of layers.entries()) {
      addon.packStep(known, weights, neuron, step, arraysOf(layer));
    }
    const sum = readout.fold(parameters, parts.at(-1)!, architecture.channels);
    const { height, width } = parts.at(-1)!;
    const last = new Float32Array(height * width * padded); // [cell, channel]
    for (let cell = 0; cell < height * width; cell++) {
      for (let channel = 0; channel < architecture.channels; channel++) {
        last[cell * padded + channel] = sum.weight(cell, channel);
      }
    }
    addon.packStep(known, weights, neuron, layers.length, [last, Float32Array.of(sum.bias)]);
  }
  return {
    network,
    weights,
    first: addon.firstPlace(weights),
    count: all.length,
    multiplications: multiplications(architecture, stimulus).each,
  };
}

function foldNetwork(
  architecture: Architecture,
  { channels, scale, offset }: KernelSite['stimulus'],
  parameters: NeuronParameters,
  padded: number,
): FoldedLayer[] {
  const neurons = [parameters];
  let relations: readonly Relation[] = [
    {
      slope: new Float64Array(channels).fill(scale),
      offset: new Float64Array(channels).fill(offset),
    },
  ];
  return createLayers(architecture, channels).map((layer) => {
    const folded = layer.fold({ neurons, relations, padded });
    relations = folded.relations;
    return folded;
  });
}

function arraysOf(layer: FoldedLayer): Float32Array[] {
  if (layer.kind === 'convolution') return [layer.weight, layer.bias];
  const { query, queryBias, keep, bias, gather } = layer;
  return [query, queryBias, keep, bias, gather];
}
