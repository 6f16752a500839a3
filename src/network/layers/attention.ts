import type * as tf from '@tensorflow/tfjs';
import { ATTENTION_CHANNELS, attend, type Projection } from './attend.js';
import { foldAttention } from './attention-fold.js';
import { sameValues } from './fold.js';
import type { ForwardPass, Layer, OnnxSite } from './layer.js';
import { centreIndex, type MapSize } from './map.js';
import { addCrop } from './onnx-crop.js';
import { affineParameters, normParameters, type ParameterSpecification } from './specification.js';

const BLOCK = 'attention';

/** `mapped` projects the values and maps them back; `identity` takes the map itself. */
export const ATTENTION_KINDS = ['identity', 'mapped'] as const;
export type AttentionKind = (typeof ATTENTION_KINDS)[number];

/**
 * Self-attention between hypercolumns, batch norm and a sigmoid.
 * @param kind `mapped`: values are projected and mapped back; `identity`: they are the map itself, and the
 *   parameters of the projection, which the published network has, are idle
 */
export function attentionLayer(kind: AttentionKind, channels: number): Layer {
  return {
    block: BLOCK,
    parameters: attentionParameters(kind, channels),
    hasDropout: true,
    outputSize: (input) => input,
    // Every hypercolumn attends to all of them.
    requiredPart: (_, input) => ({ top: 0, left: 0, ...input }),
    multiplications: () => 0,

    forward(map, pass) {
      const [, height, width] = map.shape;
      const parameters = takeTensors(kind, pass);
      const attended = attend(map, parameters);
      const centre = centreIndex({ height, width });
      const row = attended.attention
        .slice([0, 0, centre, 0], [-1, -1, 1, -1])
        .squeeze<tf.Tensor3D>([2]);
      pass.collectAttention(row.transpose([1, 0, 2])); // [B, N, cells]
      return pass.activate(BLOCK, attended.map);
    },

    toOnnx({ value: map, relations }, site) {
      const { graph, neurons, padded, input, output } = site;
      const all = neurons.length * padded;
      const folded = foldAttention(kind, neurons, relations, channels, padded);
      const own = outputPart(map, site); // [B, N·C, seen]
      const values = perNeuron(map, site, countCells(input)); // [B, N, C, cells]
      const projected = perNeuron(
        mapped(own, site, folded.query, folded.queryBias),
        site,
        countCells(output),
      );
      const turned = graph.add('Transpose', [projected], { perm: [0, 1, 3, 2] }); // [B, N, seen, C]
      const products = graph.add('MatMul', [turned, values]); // [B, N, seen, cells]
      const attention = graph.add('Softmax', [products], { axis: 3 });
      const weights = graph.add('Transpose', [attention], { perm: [0, 1, 3, 2] });
      const gathered = graph.add('MatMul', [values, weights]); // [B, N, C, seen]
      const { height, width } = output;
      const y = graph.add('Reshape', [gathered, graph.integers([0, all, height, width])]);
      const kept = graph.add(
        'Conv',
        [own, graph.constant(folded.keep, [all, 1, 1, 1]), graph.constant(folded.bias, [all])],
        { group: all },
      );
      const gained = mapped(y, site, folded.gather, new Float32Array(all));
      return {
        value: graph.add('Sigmoid', [graph.add('Add', [gained, kept])]),
        relations: neurons.map(() => sameValues(channels)),
      };
    },
  };
}

function attentionParameters(kind: AttentionKind, channels: number): ParameterSpecification[] {
  const projection = (
    name: string,
    from: number,
    to: number,
    role: 'learned' | 'idle' = 'learned',
  ) => affineParameters(`${BLOCK}.${name}`, [from, to], to, 1 / Math.sqrt(from), role);
  const mapping = kind === 'mapped' ? 'learned' : 'idle';
  return [
    { name: `${BLOCK}.gamma`, shape: [1], initial: { constant: 0 }, role: 'learned' },
    ...projection('query', channels, ATTENTION_CHANNELS),
    ...projection('key', channels, ATTENTION_CHANNELS),
    ...projection('value', channels, ATTENTION_CHANNELS, mapping),
    ...projection('output', ATTENTION_CHANNELS, channels, mapping),
    ...normParameters(BLOCK, channels),
  ];
}

function takeTensors(kind: AttentionKind, { take }: ForwardPass) {
  const projection = (name: string) =>
    ({
      weight: take(`${BLOCK}.${name}.weight`),
      bias: take(`${BLOCK}.${name}.bias`),
    }) as Projection;
  return {
    gamma: take(`${BLOCK}.gamma`) as tf.Tensor2D,
    query: projection('query'),
    key: projection('key'),
    ...(kind === 'mapped' && {
      mapping: { value: projection('value'), output: projection('output') },
    }),
  };
}

/** A 1x1 convolution of each neuron's own channels: [B, N·C, h, w] */
function mapped(
  map: string,
  { graph, neurons, padded }: OnnxSite,
  weight: Float32Array,
  bias: Float32Array,
): string {
  const all = neurons.length * padded;
  return graph.add(
    'Conv',
    [map, graph.constant(weight, [all, padded, 1, 1]), graph.constant(bias, [all])],
    { group: neurons.length },
  );
}

/** [B, N·C, h, w] -> [B, N, C, cells] */
function perNeuron(map: string, { graph, neurons, padded }: OnnxSite, cells: number): string {
  return graph.add('Reshape', [map, graph.integers([0, neurons.length, padded, cells])]);
}

function outputPart(map: string, { graph, input, output }: OnnxSite): string {
  if (countCells(output) === countCells(input)) return map;
  const { top, left } = output;
  return addCrop(graph, map, { ...output, top: top - input.top, left: left - input.left });
}

function countCells({ height, width }: MapSize): number {
  return height * width;
}
