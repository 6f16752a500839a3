import type { NeuronParameters } from '../../layers/fold.js';
import type { OnnxGraph } from '../../layers/layer.js';
import type { StimulusSize } from '../../stimulus-size.js';
import type { SharedCore } from '../architecture.js';
import { addAttention } from './attention.js';
import { addFixed, addLearnt } from './front.js';
import { addReadouts } from './readouts.js';
import { addTrunk } from './trunk.js';

/** A network with a shared core, to add to a graph. */
export interface SharedNetwork {
  readonly core: SharedCore;
  readonly stimulus: StimulusSize & { readonly scale: number; readonly offset: number };
  /** The parameters of the core, whose names begin with `core.`. */
  readonly shared: NeuronParameters;
  /** The parameters of each readout. */
  readonly neurons: readonly NeuronParameters[];
}

/**
 * Adds the core and the readouts of some neurons to a graph.
 * @param pixels name of the pixels, [B, channels, H, W]
 * @returns name of the responses, [B, N]
 */
export function addSharedNetwork(graph: OnnxGraph, pixels: string, network: SharedNetwork): string {
  const { core, stimulus, shared } = network;
  const number = (value: number) => graph.constant(Float32Array.of(value), [1]);
  const scaled = graph.add('Mul', [pixels, number(stimulus.scale)]);
  const gray = shared('core.gray');
  const shift = Float32Array.from(gray, (value) => stimulus.offset - value);
  const shape = gray.length === 1 ? [1] : [gray.length, 1, 1];
  const stimuli = graph.add('Add', [scaled, graph.constant(shift, shape)]);
  const fixed = addFixed(graph, stimuli, network);
  const seen =
    core.learnt > 0
      ? graph.add('Concat', [fixed, addLearnt(graph, stimuli, network)], { axis: 1 })
      : fixed;
  const map = addTrunk(graph, seen, network); // [B, C, h, w]
  return addReadouts(graph, addAttention(graph, map, network), network);
}
