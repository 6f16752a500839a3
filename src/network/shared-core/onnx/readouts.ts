import type { NeuronParameters } from '../../layers/fold.js';
import type { OnnxGraph } from '../../layers/layer.js';
import type { MapSize } from '../../layers/map.js';
import { mapChannels, sharedMapSize } from '../parameters.js';
import type { SharedNetwork } from './network.js';

/** [B, C, h, w] -> [B, N] */
export function addReadouts(graph: OnnxGraph, map: string, network: SharedNetwork): string {
  const { core, neurons } = network;
  const N = neurons.length;
  const perNeuron = (name: string) =>
    graph.constant(
      Float32Array.from(neurons, (parameters) => parameters(name)[0]!),
      [N],
    );
  const read = core.readout === 'gaussian' ? addMasked : addWhole;
  const sums = graph.add('Add', [read(graph, map, network), perNeuron('readout.bias')]);
  if (core.output === 'linear') return sums;
  const positive = graph.add('Softplus', [sums]);
  if (core.output === 'softplus') return positive;
  const gained = graph.add('Mul', [positive, perNeuron('output.weight')]);
  return graph.add('Add', [gained, perNeuron('output.bias')]);
}

/** The map averaged under each neuron's mask, weighted by its channels: [B, N] */
function addMasked(graph: OnnxGraph, map: string, { core, stimulus, neurons }: SharedNetwork) {
  const channels = mapChannels(core, stimulus);
  const size = sharedMapSize(core, stimulus);
  const [places, N] = [size.height * size.width, neurons.length];
  const masks = new Float32Array(places * N); // [h·w, N]
  const weight = new Float32Array(channels * N); // [C, N]
  for (const [row, parameters] of neurons.entries()) {
    for (const [place, value] of mask(parameters, size).entries()) masks[place * N + row] = value;
    const own = parameters('readout.weight');
    for (let channel = 0; channel < channels; channel++) weight[channel * N + row] = own[channel]!;
  }
  const rows = graph.add('Reshape', [map, graph.integers([0, channels, places])]);
  const features = graph.add('MatMul', [rows, graph.constant(masks, [places, N])]); // [B, C, N]
  const weighted = graph.add('Mul', [features, graph.constant(weight, [channels, N])]);
  return graph.add('ReduceSum', [weighted, graph.integers([1])], { keepdims: 0 });
}

/** The sum over all places and channels: [B, N] */
function addWhole(graph: OnnxGraph, map: string, { core, stimulus, neurons }: SharedNetwork) {
  const channels = mapChannels(core, stimulus);
  const { height, width } = sharedMapSize(core, stimulus);
  const [places, N] = [height * width, neurons.length];
  const weight = new Float32Array(channels * places * N); // [C·h·w, N]
  for (const [row, parameters] of neurons.entries()) {
    const own = parameters('readout.weight'); // [h, w, C]
    for (let place = 0; place < places; place++) {
      for (let channel = 0; channel < channels; channel++) {
        weight[(channel * places + place) * N + row] = own[place * channels + channel]!;
      }
    }
  }
  const rows = graph.add('Reshape', [map, graph.integers([0, channels * places])]);
  return graph.add('MatMul', [rows, graph.constant(weight, [channels * places, N])]);
}

/** The mask of a neuron over the places of a map, [h·w] */
function mask(parameters: NeuronParameters, { height, width }: MapSize): Float64Array {
  const [centre, spread] = [parameters('readout.centre'), parameters('readout.spread')];
  const y = sideMask(height, centre[0]!, spread[0]!);
  const x = sideMask(width, centre[1]!, spread[1]!);
  return Float64Array.from(
    { length: height * width },
    (_, place) => y[Math.floor(place / width)]! * x[place % width]!,
  );
}

/** A Gaussian over places from -1 to 1, whose values add up to 1. */
function sideMask(places: number, centre: number, logSigma: number): Float64Array {
  const values = Float64Array.from({ length: places }, (_, i) => {
    const position = places > 1 ? -1 + (2 * i) / (places - 1) : -1;
    const z = (position - centre) / Math.exp(logSigma);
    return -(z * z) / 2;
  });
  const most = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - most));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}
