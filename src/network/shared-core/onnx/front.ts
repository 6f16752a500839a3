import type { Channels } from '../../../formats/channels.js';
import { LUMA } from '../../../formats/luma.js';
import type { OnnxGraph } from '../../layers/layer.js';
import type { MapSize } from '../../layers/map.js';
import { channelsOf } from '../../stimulus-size.js';
import { ENERGY_EPSILON, type FilterBank, gaborBank, meanBank } from '../gabors.js';
import { LEARNT_SIDE } from '../parameters.js';
import { doublePlaces, mapPlaces, type Places, padding } from '../places.js';
import { addBlock, foldBlock } from './block.js';
import type { SharedNetwork } from './network.js';

/** [B, channels, H, W] -> [B, fixed channels, h, w] */
export function addFixed(
  graph: OnnxGraph,
  stimuli: string,
  { core, stimulus }: SharedNetwork,
): string {
  const { front, wavelengths, orientations, phases } = core;
  if (front === 'pixels') return stimuli;
  const channels = channelsOf(stimulus);
  const maps = [addBank(graph, stimuli, meanBank(channels), stimulus, channels)];
  const luma = channels === 1 ? stimuli : addLuma(graph, stimuli);
  const seen = wavelengths.map((wavelength) =>
    addBank(graph, luma, gaborBank(wavelength, orientations), stimulus, 1),
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

/** [B, 3, H, W] -> [B, 1, H, W] */
function addLuma(graph: OnnxGraph, stimuli: string): string {
  return graph.add('Conv', [stimuli, graph.constant(Float32Array.from(LUMA), [1, 3, 1, 1])]);
}

function addBank(
  graph: OnnxGraph,
  stimuli: string,
  { side, values, filters }: FilterBank,
  stimulus: MapSize,
  channels: Channels,
): string {
  const taps = side * side;
  const weight = new Float32Array(values.length);
  for (let filter = 0; filter < filters; filter++) {
    for (let channel = 0; channel < channels; channel++) {
      const first = (filter * channels + channel) * taps;
      for (let tap = 0; tap < taps; tap++) {
        weight[first + tap] = values[(tap * channels + channel) * filters + filter]!;
      }
    }
  }
  const places = [mapPlaces(stimulus.height), mapPlaces(stimulus.width)] as const;
  const constant = graph.constant(weight, [filters, channels, side, side]);
  return graph.add('Conv', [stimuli, constant], strided(places, stimulus, side));
}

/** [B, channels, H, W] -> [B, learnt, h, w] */
export function addLearnt(
  graph: OnnxGraph,
  stimuli: string,
  { core, stimulus, shared }: SharedNetwork,
) {
  const { learnt } = core;
  const places = [doublePlaces(stimulus.height), doublePlaces(stimulus.width)] as const;
  const first = { side: LEARNT_SIDE, from: channelsOf(stimulus), to: learnt };
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
