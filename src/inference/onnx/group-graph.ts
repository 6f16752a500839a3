import type { StimulusCard } from '../../models/card.js';
import { ALPHA_KERNEL, type Architecture, type MapSize } from '../../network/architecture.js';
import type { Box, Field } from './field.js';
import {
  type Convolution,
  foldAttention,
  foldConvolution,
  type NeuronParameters,
  type Relation,
  sameValues,
} from './fold.js';
import { foldReadout } from './fold-readout.js';
import type { Graph } from './graph.js';

/**
 * Channels of a neuron are padded to a multiple of this: onnxruntime's fast convolution takes channels
 * in blocks of as many numbers as a vector of the CPU holds, at most 16, and turns to a slow one where
 * they do not fill the blocks.
 */
const CHANNEL_BLOCK = 16;

/** What of a card says how responses are computed. */
export interface NetworkCard {
  readonly architecture: Architecture;
  readonly stimulus: Pick<StimulusCard, 'height' | 'width' | 'scale' | 'offset'>;
}

/** What the responses of some neurons are computed from. */
export interface Group {
  readonly card: NetworkCard;
  readonly field: Field;
  readonly neurons: readonly NeuronParameters[];
}

/**
 * Adds the networks of some neurons to a graph.
 * @param pixels name of the pixels in the field, [B, 1, h, w]
 * @returns name of the responses, [B, N]
 */
export function addGroup(graph: Graph, pixels: string, { card, field, neurons }: Group): string {
  const { architecture, stimulus } = card;
  const { channels, betaKernel } = architecture;
  const N = neurons.length;
  const padded = Math.ceil(channels / CHANNEL_BLOCK) * CHANNEL_BLOCK;
  const all = N * padded;
  let relations: readonly Relation[] = neurons.map(() => ({
    slope: Float64Array.of(stimulus.scale),
    offset: Float64Array.of(stimulus.offset),
  }));

  let x = alpha('alpha1', pixels, 1); // [B, N·C, h', w']
  x = alpha('alpha2', x, N); // [B, N·C, hypercolumns]
  if (architecture.attention !== 'none') {
    x = attend(x, architecture.attention); // [B, N·C, seen]
    relations = neurons.map(() => sameValues(channels));
  }
  x = beta('beta1', x);
  x = beta('beta2', x); // [B, N·C, readout]
  const sums = readout(x); // [B, N]
  return architecture.output === 'softplus' ? graph.add('Softplus', [sums]) : sums;

  /** The pool comes before batch norm, so it is the fold that minds negative scales. */
  function alpha(block: string, input: string, groups: number): string {
    const convolved = convolve(block, input, ALPHA_KERNEL, groups, true);
    const pooled = graph.add('MaxPool', [convolved], { kernel_shape: [2, 2], strides: [2, 2] });
    return graph.add('Sigmoid', [pooled]);
  }

  function beta(block: string, input: string): string {
    return graph.add('Sigmoid', [convolve(block, input, betaKernel, N, false)]);
  }

  function convolve(
    block: string,
    input: string,
    kernel: number,
    groups: number,
    pooled: boolean,
  ): string {
    const first = block === 'alpha1';
    const [from, paddedFrom] = first ? [1, 1] : [channels, padded];
    const sizes = { kernel, from, to: channels, paddedFrom, paddedTo: padded };
    const folded = foldConvolution(block, neurons, relations, sizes, pooled);
    relations = folded.relations;
    const { weight, bias }: Convolution = folded;
    return graph.add(
      'Conv',
      [
        input,
        graph.constant(weight, [all, paddedFrom, kernel, kernel]),
        graph.constant(bias, [all]),
      ],
      { group: groups },
    );
  }

  /** [B, N·C, hypercolumns] -> [B, N·C, seen] */
  function attend(map: string, kind: 'identity' | 'mapped'): string {
    const folded = foldAttention(kind, neurons, relations, channels, padded);
    const own = seenPart(map); // [B, N·C, seen]
    const values = perNeuron(map, cellsOf(field.hypercolumns)); // [B, N, C, cells]
    const looks = perNeuron(mapped(own, folded.look, folded.lookBias), cellsOf(field.seen));
    const turned = graph.add('Transpose', [looks], { perm: [0, 1, 3, 2] }); // [B, N, seen, C]
    const products = graph.add('MatMul', [turned, values]); // [B, N, seen, cells]
    const attention = graph.add('Softmax', [products], { axis: 3 });
    const weights = graph.add('Transpose', [attention], { perm: [0, 1, 3, 2] });
    const gathered = graph.add('MatMul', [values, weights]); // [B, N, C, seen]
    const { height, width } = field.seen;
    const y = graph.add('Reshape', [gathered, graph.integers([0, all, height, width])]);
    const kept = graph.add(
      'Conv',
      [own, graph.constant(folded.keep, [all, 1, 1, 1]), graph.constant(folded.bias, [all])],
      { group: all },
    );
    const gained = mapped(y, folded.gather, new Float32Array(all));
    return graph.add('Sigmoid', [graph.add('Add', [gained, kept])]);
  }

  /** A 1x1 convolution of each neuron's own channels: [B, N·C, h, w] */
  function mapped(map: string, weight: Float32Array, bias: Float32Array): string {
    return graph.add(
      'Conv',
      [map, graph.constant(weight, [all, padded, 1, 1]), graph.constant(bias, [all])],
      { group: N },
    );
  }

  /** [B, N·C, h, w] -> [B, N, C, cells] */
  function perNeuron(map: string, cells: number): string {
    return graph.add('Reshape', [map, graph.integers([0, N, padded, cells])]);
  }

  function seenPart(map: string): string {
    return cellsOf(field.seen) === cellsOf(field.hypercolumns)
      ? map
      : addCrop(graph, map, field.seen);
  }

  /** [B, N·C, h, w] -> [B, N] */
  function readout(map: string): string {
    const cells = cellsOf(field.readout);
    const { weight, bias } = foldReadout(architecture, neurons, field.readout, padded);
    const rows = graph.add('Reshape', [map, graph.integers([0, N, 1, padded * cells])]);
    const columns = graph.constant(weight, [N, padded * cells, 1]);
    const sums = graph.add('MatMul', [rows, columns]); // [B, N, 1, 1]
    const flat = graph.add('Reshape', [sums, graph.integers([0, N])]);
    return graph.add('Add', [flat, graph.constant(bias, [N])]);
  }
}

/** [B, C, h, w] -> [B, C, box] */
export function addCrop(graph: Graph, map: string, box: Box): string {
  const { top, left, height, width } = box;
  return graph.add('Slice', [
    map,
    graph.integers([top, left]),
    graph.integers([top + height, left + width]),
    graph.integers([2, 3]),
  ]);
}

function cellsOf({ height, width }: MapSize): number {
  return height * width;
}
