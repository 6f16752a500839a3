import type { FoldedAttention, FoldedConvolution, FoldedLayer } from '../../network/layers/fold.js';
import type { Box } from '../../network/layers/layer.js';
import type { MapSize } from '../../network/layers/map.js';
import { addCrop } from '../../network/layers/onnx-crop.js';
import type { Graph } from './graph.js';

/** Where a layer is added to a graph. */
export interface LayerPlace {
  readonly graph: Graph;
  /** Neurons that are computed together. */
  readonly neurons: number;
  /** Channels of each neuron's maps, padded with zeros. */
  readonly padded: number;
  /** The part of its input that was computed, and the part of its output that is needed. */
  readonly input: Box;
  readonly output: Box;
}

/**
 * Adds a layer of some neurons to a graph.
 * @param map name of its input: [B, channels, h, w] of the stimulus, else [B, N·padded, h, w]
 * @returns name of its output, [B, N·padded, h', w']
 */
export function addFoldedLayer(
  graph: Graph,
  map: string,
  layer: FoldedLayer,
  place: Omit<LayerPlace, 'graph'>,
): string {
  const site = { ...place, graph };
  return layer.kind === 'convolution'
    ? addConvolution(map, layer, site)
    : addAttention(map, layer, site);
}

function addConvolution(map: string, layer: FoldedConvolution, place: LayerPlace): string {
  const { graph, neurons, padded } = place;
  const { kernel, ofStimuli, pooled, weight, bias } = layer;
  const all = neurons * padded;
  const from = weight.length / (all * kernel * kernel);
  const filters = graph.constant(weight, [all, from, kernel, kernel]);
  const sums = graph.add('Conv', [map, filters, graph.constant(bias, [all])], {
    group: ofStimuli ? 1 : neurons,
  });
  const pool = { kernel_shape: [2, 2], strides: [2, 2] };
  return graph.add('Sigmoid', [pooled ? graph.add('MaxPool', [sums], pool) : sums]);
}

function addAttention(map: string, layer: FoldedAttention, place: LayerPlace): string {
  const { graph, neurons, padded, input, output } = place;
  const all = neurons * padded;
  const own = outputPart(map, place); // [B, N·C, seen]
  const values = perNeuron(map, place, countCells(input)); // [B, N, C, cells]
  const query = mapped(own, place, layer.query, layer.queryBias);
  const projected = perNeuron(query, place, countCells(output));
  const turned = graph.add('Transpose', [projected], { perm: [0, 1, 3, 2] }); // [B, N, seen, C]
  const products = graph.add('MatMul', [turned, values]); // [B, N, seen, cells]
  const attention = graph.add('Softmax', [products], { axis: 3 });
  const weights = graph.add('Transpose', [attention], { perm: [0, 1, 3, 2] });
  const gathered = graph.add('MatMul', [values, weights]); // [B, N, C, seen]
  const { height, width } = output;
  const y = graph.add('Reshape', [gathered, graph.integers([0, all, height, width])]);
  const kept = graph.add(
    'Conv',
    [own, graph.constant(layer.keep, [all, 1, 1, 1]), graph.constant(layer.bias, [all])],
    { group: all },
  );
  const gained = mapped(y, place, layer.gather, new Float32Array(all));
  return graph.add('Sigmoid', [graph.add('Add', [gained, kept])]);
}

/** A 1x1 convolution of each neuron's own channels: [B, N·C, h, w] */
function mapped(
  map: string,
  { graph, neurons, padded }: LayerPlace,
  weight: Float32Array,
  bias: Float32Array,
): string {
  const all = neurons * padded;
  return graph.add(
    'Conv',
    [map, graph.constant(weight, [all, padded, 1, 1]), graph.constant(bias, [all])],
    { group: neurons },
  );
}

/** [B, N·C, h, w] -> [B, N, C, cells] */
function perNeuron(map: string, { graph, neurons, padded }: LayerPlace, cells: number): string {
  return graph.add('Reshape', [map, graph.integers([0, neurons, padded, cells])]);
}

function outputPart(map: string, { graph, input, output }: LayerPlace): string {
  if (countCells(output) === countCells(input)) return map;
  const { top, left } = output;
  return addCrop(graph, map, { ...output, top: top - input.top, left: left - input.left });
}

function countCells({ height, width }: MapSize): number {
  return height * width;
}
