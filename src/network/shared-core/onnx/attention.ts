import { ATTENTION_CHANNELS } from '../../layers/attend.js';
import type { OnnxGraph } from '../../layers/layer.js';
import { mapChannels, sharedMapSize } from '../parameters.js';
import { addConvolution } from './block.js';
import type { SharedNetwork } from './network.js';

/** The map with what attention between its places adds, [B, C, h, w]; the map itself where there is no attention. */
export function addAttention(
  graph: OnnxGraph,
  map: string,
  { core, stimulus, shared }: SharedNetwork,
): string {
  if (core.attention === 'none') return map;
  const channels = mapChannels(core, stimulus);
  const { height, width } = sharedMapSize(core, stimulus);
  const cells = height * width;
  const project = (from: string, name: string, inputs: number, outputs: number, factor = 1) => {
    const entry = (part: string) => shared(`core.attention.${name}.${part}`);
    const [weight, bias] = [entry('weight'), entry('bias')]; // [in, out], [out]
    const turned = new Float32Array(inputs * outputs);
    for (let output = 0; output < outputs; output++) {
      for (let input = 0; input < inputs; input++) {
        turned[output * inputs + input] = factor * weight[input * outputs + output]!;
      }
    }
    return addConvolution(
      graph,
      from,
      { weight: turned, bias: Float32Array.from(bias, (value) => factor * value) },
      { side: 1, from: inputs, to: outputs },
    );
  };
  const flat = (value: string, length: number) =>
    graph.add('Reshape', [value, graph.integers([0, length, cells])]);
  const turn = (value: string) => graph.add('Transpose', [value], { perm: [0, 2, 1] });
  const projected = (name: string) =>
    flat(project(map, name, channels, ATTENTION_CHANNELS), ATTENTION_CHANNELS);

  const products = graph.add('MatMul', [turn(projected('query')), projected('key')]);
  const attention = graph.add('Softmax', [products], { axis: 2 }); // [B, cells, cells]
  const gamma = shared('core.attention.gamma')[0]!;
  const isMapped = core.attention === 'mapped';
  const values = isMapped ? projected('value') : flat(map, channels); // [B, 5 or C, cells]
  const gathered = graph.add('MatMul', [values, turn(attention)]);
  const length = isMapped ? ATTENTION_CHANNELS : channels;
  const y = graph.add('Reshape', [gathered, graph.integers([0, length, height, width])]);
  const gained = isMapped
    ? project(y, 'output', ATTENTION_CHANNELS, channels, gamma)
    : graph.add('Mul', [y, graph.constant(Float32Array.of(gamma), [1])]);
  return graph.add('Add', [gained, map]);
}
