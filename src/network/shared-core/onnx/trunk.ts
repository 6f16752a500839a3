import type { NeuronParameters, Relation } from '../../layers/fold.js';
import type { OnnxGraph } from '../../layers/layer.js';
import { NORM_EPSILON } from '../../layers/specification.js';
import { fixedChannels } from '../gabors.js';
import { addBlock, addConvolution, foldBlock, unfolded } from './block.js';
import type { SharedNetwork } from './network.js';

/** What the filters see, [B, channels seen, h, w] -> the map, [B, C, h, w] */
export function addTrunk(
  graph: OnnxGraph,
  seen: string,
  { core, stimulus, shared }: Pick<SharedNetwork, 'core' | 'stimulus' | 'shared'>,
): string {
  const { trunk, channels, steps } = core;
  const before = standardised(fixedChannels(core, stimulus), core.learnt, shared);
  const from = before.slope.length;
  if (trunk === 'none') {
    const perChannel = (values: Float64Array) =>
      graph.constant(Float32Array.from(values), [1, from, 1, 1]);
    const scaled = graph.add('Mul', [seen, perChannel(before.slope)]);
    return graph.add('Add', [scaled, perChannel(before.offset)]);
  }
  const mixing = { side: 1, from, to: channels };
  const mixed = addBlock(graph, seen, foldBlock('core.mix', shared, mixing, before), mixing);
  if (trunk === 'recurrent') return addGru(graph, mixed, shared, channels, steps);
  const sizes = { side: 3, from: channels, to: channels };
  return addBlock(graph, mixed, foldBlock('core.combine', shared, sizes), sizes);
}

/** A convolutional GRU. Its first state is 0, so that the first convolution of the state gives its bias. */
function addGru(
  graph: OnnxGraph,
  input: string,
  shared: NeuronParameters,
  channels: number,
  steps: number,
): string {
  const sizes = { side: 3, from: channels, to: 3 * channels };
  const apart = (gates: string) =>
    [0, 1, 2].map((gate) =>
      graph.add('Slice', [
        gates,
        graph.integers([gate * channels]),
        graph.integers([(gate + 1) * channels]),
        graph.integers([1]),
      ]),
    );
  const ofState = unfolded('core.recurrent.state', shared, sizes);
  const seen = apart(
    addConvolution(graph, input, unfolded('core.recurrent.input', shared, sizes), sizes),
  );
  let state: string | undefined;
  for (let step = 0; step < steps; step++) {
    const own = apart(
      state === undefined
        ? graph.constant(ofState.bias, [1, 3 * channels, 1, 1])
        : addConvolution(graph, state, ofState, sizes),
    );
    const gate = (which: number) =>
      graph.add('Sigmoid', [graph.add('Add', [seen[which]!, own[which]!])]);
    const reset = gate(0);
    const keep = gate(1);
    const candidate = graph.add('Tanh', [
      graph.add('Add', [seen[2]!, graph.add('Mul', [reset, own[2]!])]),
    ]);
    const difference =
      state === undefined ? graph.add('Neg', [candidate]) : graph.add('Sub', [state, candidate]);
    state = graph.add('Add', [candidate, graph.add('Mul', [keep, difference])]);
  }
  return state!;
}

/** The fixed channels have a mean of 0 and a variance of 1; those that are learnt stay as they are. */
function standardised(fixed: number, learnt: number, parameters: NeuronParameters): Relation {
  const entry = (name: string) => parameters(`core.fixed.norm.${name}`);
  const [mean, variance] = [entry('mean'), entry('variance')];
  const length = fixed + learnt;
  const slope = Float64Array.from({ length }, (_, input) =>
    input < fixed ? 1 / Math.sqrt(variance[input]! + NORM_EPSILON) : 1,
  );
  return {
    slope,
    offset: slope.map((value, input) => (input < fixed ? -mean[input]! * value : 0)),
  };
}
