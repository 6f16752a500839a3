import { foldNorm, type NeuronParameters } from '../layers/fold.js';
import type { OnnxGraph } from '../layers/layer.js';
import type { MapSize } from '../layers/map.js';
import { NORM_EPSILON } from '../layers/specification.js';
import type { SharedCore } from './architecture.js';
import {
  ENERGY_EPSILON,
  type FilterBank,
  fixedChannels,
  fixedNumbers,
  gaborBank,
  luminanceBank,
} from './gabors.js';
import { LEARNT_SIDE, sharedMapSize } from './parameters.js';
import { doublePlaces, mapPlaces, type Places, padding } from './places.js';

/** A network with a shared core, to add to a graph. */
export interface SharedNetwork {
  readonly core: SharedCore;
  readonly stimulus: MapSize & { readonly scale: number; readonly offset: number };
  /** The parameters of the core, whose names begin with `core.`. */
  readonly shared: NeuronParameters;
  /** The parameters of each readout. */
  readonly neurons: readonly NeuronParameters[];
}

/** Weight [in][out], per output, and a bias of a convolution with the batch norm behind it. */
interface Folded {
  /** [out, in, k, k] */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/**
 * Adds the core and the readouts of some neurons to a graph.
 * @param pixels name of the pixels, [B, 1, H, W]
 * @returns name of the responses, [B, N]
 */
export function addSharedNetwork(graph: OnnxGraph, pixels: string, network: SharedNetwork): string {
  const { core, stimulus, shared } = network;
  const { learnt, channels } = core;
  const number = (value: number) => graph.constant(Float32Array.of(value), [1]);
  const scaled = graph.add('Mul', [pixels, number(stimulus.scale)]);
  const gray = shared('core.gray')[0]!;
  const stimuli = graph.add('Add', [scaled, number(stimulus.offset - gray)]);
  const fixed = addFixed(graph, stimuli, network);
  const seen = learnt > 0 ? [fixed, addLearnt(graph, stimuli, network)] : [fixed];
  const all = seen.length > 1 ? graph.add('Concat', seen, { axis: 1 }) : fixed;
  const from = fixedChannels(core) + learnt;
  const mix = foldBlock(
    'core.mix',
    shared,
    { side: 1, from, to: channels },
    standardised(core, shared),
  );
  const mixed = addBlock(graph, all, mix, { side: 1, from, to: channels });
  const sizes = { side: 3, from: channels, to: channels };
  const map = addBlock(graph, mixed, foldBlock('core.combine', shared, sizes), sizes); // [B, C, h, w]
  return addReadouts(graph, map, network);
}

/** Multiplications, each with its addition, of the core, and of one readout. */
export function sharedMultiplications(
  core: SharedCore,
  stimulus: MapSize,
): { readonly core: number; readonly readout: number } {
  const map = sharedMapSize(stimulus);
  const places = map.height * map.width;
  const { learnt, channels } = core;
  const learntOnes = 4 * LEARNT_SIDE ** 2 * learnt + 9 * learnt * learnt;
  const mixing = (fixedChannels(core) + learnt) * channels + 9 * channels * channels;
  return {
    core: places * (fixedNumbers(core) + learntOnes + mixing),
    readout: places * channels + channels,
  };
}

/** [B, 1, H, W] -> [B, fixed channels, h, w] */
function addFixed(graph: OnnxGraph, stimuli: string, { core, stimulus }: SharedNetwork): string {
  const { wavelengths, orientations, phases } = core;
  const maps = [addBank(graph, stimuli, luminanceBank(), stimulus)];
  const seen = wavelengths.map((wavelength) =>
    addBank(graph, stimuli, gaborBank(wavelength, orientations), stimulus),
  );
  const epsilon = graph.constant(Float32Array.of(ENERGY_EPSILON), [1]);
  for (const each of seen) {
    const square = (first: number) => {
      const phase = graph.add('Slice', [
        each,
        graph.integers([first]),
        graph.integers([first + orientations]),
        graph.integers([1]),
      ]);
      return graph.add('Mul', [phase, phase]);
    };
    const power = graph.add('Add', [graph.add('Add', [square(0), square(orientations)]), epsilon]);
    maps.push(graph.add('Sqrt', [graph.add('Sqrt', [power])]));
  }
  return graph.add('Concat', [...maps, ...seen.slice(0, phases)], { axis: 1 });
}

function addBank(graph: OnnxGraph, stimuli: string, bank: FilterBank, stimulus: MapSize): string {
  const { side, values, filters } = bank;
  const taps = side * side;
  const weight = new Float32Array(values.length);
  for (let filter = 0; filter < filters; filter++) {
    for (let tap = 0; tap < taps; tap++) {
      weight[filter * taps + tap] = values[tap * filters + filter]!;
    }
  }
  const places = [mapPlaces(stimulus.height), mapPlaces(stimulus.width)] as const;
  const constant = graph.constant(weight, [filters, 1, side, side]);
  return graph.add('Conv', [stimuli, constant], strided(places, stimulus, side));
}

/** [B, 1, H, W] -> [B, learnt, h, w] */
function addLearnt(graph: OnnxGraph, stimuli: string, { core, stimulus, shared }: SharedNetwork) {
  const { learnt } = core;
  const places = [doublePlaces(stimulus.height), doublePlaces(stimulus.width)] as const;
  const first = { side: LEARNT_SIDE, from: 1, to: learnt };
  const attributes = strided(places, stimulus, LEARNT_SIDE);
  const seen = addBlock(
    graph,
    stimuli,
    foldBlock('core.learnt1', shared, first),
    first,
    attributes,
  );
  const pooled = graph.add('AveragePool', [seen], { kernel_shape: [2, 2], strides: [2, 2] });
  const second = { side: 3, from: learnt, to: learnt };
  return addBlock(graph, pooled, foldBlock('core.learnt2', shared, second), second);
}

/** [B, C, h, w] -> [B, N] */
function addReadouts(graph: OnnxGraph, map: string, { core, stimulus, neurons }: SharedNetwork) {
  const { channels, output } = core;
  const { height, width } = sharedMapSize(stimulus);
  const [places, N] = [height * width, neurons.length];
  const masks = new Float32Array(places * N); // [h·w, N]
  const weight = new Float32Array(channels * N); // [C, N]
  const bias = new Float32Array(N);
  for (const [row, parameters] of neurons.entries()) {
    const [centre, spread] = [parameters('readout.centre'), parameters('readout.spread')];
    const y = sideMask(height, centre[0]!, spread[0]!);
    const x = sideMask(width, centre[1]!, spread[1]!);
    for (let place = 0; place < places; place++) {
      masks[place * N + row] = y[Math.floor(place / width)]! * x[place % width]!;
    }
    const own = parameters('readout.weight');
    for (let channel = 0; channel < channels; channel++) weight[channel * N + row] = own[channel]!;
    bias[row] = parameters('readout.bias')[0]!;
  }
  const rows = graph.add('Reshape', [map, graph.integers([0, channels, places])]);
  const features = graph.add('MatMul', [rows, graph.constant(masks, [places, N])]); // [B, C, N]
  const weighted = graph.add('Mul', [features, graph.constant(weight, [channels, N])]);
  const sums = graph.add('ReduceSum', [weighted, graph.integers([1])], { keepdims: 0 }); // [B, N]
  const responses = graph.add('Add', [sums, graph.constant(bias, [N])]);
  return output === 'softplus' ? graph.add('Softplus', [responses]) : responses;
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

interface BlockSizes {
  readonly side: number;
  readonly from: number;
  readonly to: number;
}

/**
 * A convolution with what is before each of its inputs, slope · value + offset, and the batch norm behind it. Only a
 * convolution without padding may have an offset.
 */
function foldBlock(
  block: string,
  parameters: NeuronParameters,
  { side, from, to }: BlockSizes,
  before: (input: number) => readonly [slope: number, offset: number] = () => [1, 0],
): Folded {
  const filter = parameters(`${block}.convolution.weight`); // [k, k, in, out]
  const shift = parameters(`${block}.convolution.bias`);
  const norm = foldNorm(block, parameters, to);
  const taps = side * side;
  const weight = new Float32Array(to * from * taps);
  const bias = new Float32Array(to);
  for (let output = 0; output < to; output++) {
    const factor = norm.slope[output]!;
    let constant = shift[output]!;
    for (let input = 0; input < from; input++) {
      const [slope, offset] = before(input);
      for (let tap = 0; tap < taps; tap++) {
        const value = filter[(tap * from + input) * to + output]!;
        constant += value * offset;
        weight[(output * from + input) * taps + tap] = factor * value * slope;
      }
    }
    bias[output] = factor * constant + norm.offset[output]!;
  }
  return { weight, bias };
}

function addBlock(
  graph: OnnxGraph,
  map: string,
  { weight, bias }: Folded,
  { side, from, to }: BlockSizes,
  attributes: Readonly<Record<string, number | readonly number[]>> = centred(side),
): string {
  const constants = [graph.constant(weight, [to, from, side, side]), graph.constant(bias, [to])];
  return graph.add('Elu', [graph.add('Conv', [map, ...constants], attributes)]);
}

/** The fixed channels have a mean of 0 and a variance of 1; those that are learnt stay as they are. */
function standardised(core: SharedCore, parameters: NeuronParameters) {
  const [mean, variance] = [
    parameters('core.fixed.norm.mean'),
    parameters('core.fixed.norm.variance'),
  ];
  const fixed = fixedChannels(core);
  return (input: number): readonly [number, number] => {
    if (input >= fixed) return [1, 0];
    const slope = 1 / Math.sqrt(variance[input]! + NORM_EPSILON);
    return [slope, -mean[input]! * slope];
  };
}

/** A convolution whose map has the size of its input. */
function centred(side: number) {
  const radius = (side - 1) / 2;
  return { pads: [radius, radius, radius, radius] };
}

function strided(
  [vertical, horizontal]: readonly [Places, Places],
  { height, width }: MapSize,
  side: number,
) {
  const [top, bottom] = padding(height, vertical, side);
  const [left, right] = padding(width, horizontal, side);
  return {
    pads: [top, left, bottom, right],
    strides: [vertical.stride, horizontal.stride],
  };
}
