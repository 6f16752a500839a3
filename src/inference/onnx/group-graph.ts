import type { StimulusCard } from '../../models/card.js';
import { type AnyArchitecture, isShared } from '../../network/any-architecture.js';
import type { Architecture } from '../../network/architecture.js';
import { createLayers, READOUTS } from '../../network/architecture.js';
import type { NeuronParameters, Relation } from '../../network/layers/fold.js';
import type { Box } from '../../network/layers/layer.js';
import type { MapSize } from '../../network/layers/map.js';
import { addSharedNetwork } from '../../network/shared-core/onnx/network.js';
import { addFoldedLayer } from './folded-layer.js';
import type { Graph } from './graph.js';

/**
 * Channels of a neuron are padded to a multiple of this: onnxruntime's fast convolution takes channels
 * in blocks of as many numbers as a vector of the CPU holds, at most 16, and turns to a slow one where
 * they do not fill the blocks.
 */
const CHANNEL_BLOCK = 16;

/** The fields of a card that determine the responses. */
export interface NetworkCard {
  readonly architecture: AnyArchitecture;
  readonly stimulus: Pick<StimulusCard, 'height' | 'width' | 'channels' | 'scale' | 'offset'>;
}

/** Neurons that are computed together, with the data of their networks. */
export interface Group {
  readonly card: NetworkCard;
  /** As `requiredParts` gives them. */
  readonly parts: readonly Box[];
  readonly neurons: readonly NeuronParameters[];
}

/**
 * Adds the networks of some neurons to a graph.
 * @param pixels name of the pixels in the first part, [B, channels, h, w]
 * @returns name of the responses, [B, N]
 */
export function addGroup(graph: Graph, pixels: string, { card, parts, neurons }: Group): string {
  const { architecture, stimulus } = card;
  if (isShared(architecture)) {
    const [shared] = neurons; // any of them reads the core's parameters
    return addSharedNetwork(graph, pixels, {
      core: architecture,
      stimulus,
      shared: shared!,
      neurons,
    });
  }
  const padded = Math.ceil(architecture.channels / CHANNEL_BLOCK) * CHANNEL_BLOCK;
  const { channels } = stimulus;
  let map = pixels;
  let relations: readonly Relation[] = neurons.map(() => ({
    slope: new Float64Array(channels).fill(stimulus.scale),
    offset: new Float64Array(channels).fill(stimulus.offset),
  }));
  for (const [i, layer] of createLayers(architecture, channels).entries()) {
    const [input, output] = [parts[i]!, parts[i + 1]!];
    const folded = layer.fold({ neurons, relations, padded });
    map = addFoldedLayer(graph, map, folded, { neurons: neurons.length, padded, input, output });
    relations = folded.relations;
  }
  const sums = addReadout(graph, map, architecture, neurons, parts.at(-1)!, padded); // [B, N]
  return architecture.output === 'softplus' ? graph.add('Softplus', [sums]) : sums;
}

/** [B, N·C, h, w] -> [B, N] */
function addReadout(
  graph: Graph,
  map: string,
  { readout, channels }: Architecture,
  neurons: readonly NeuronParameters[],
  part: MapSize,
  padded: number,
): string {
  const N = neurons.length;
  const cells = part.height * part.width;
  const weight = new Float32Array(N * padded * cells);
  const bias = new Float32Array(N);
  for (const [row, parameters] of neurons.entries()) {
    const sum = READOUTS[readout].fold(parameters, part, channels);
    bias[row] = sum.bias;
    for (let cell = 0; cell < cells; cell++) {
      for (let channel = 0; channel < channels; channel++) {
        weight[(row * padded + channel) * cells + cell] = sum.weight(cell, channel);
      }
    }
  }
  const rows = graph.add('Reshape', [map, graph.integers([0, N, 1, padded * cells])]);
  const columns = graph.constant(weight, [N, padded * cells, 1]);
  const sums = graph.add('MatMul', [rows, columns]); // [B, N, 1, 1]
  const flat = graph.add('Reshape', [sums, graph.integers([0, N])]);
  return graph.add('Add', [flat, graph.constant(bias, [N])]);
}
