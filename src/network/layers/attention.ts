import type * as tf from '@tensorflow/tfjs';
import { ATTENTION_CHANNELS, attend, type Projection } from './attend.js';
import { foldAttention } from './attention-fold.js';
import type { ForwardPass, Layer } from './layer.js';
import { centreIndex } from './map.js';
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
    operation: { kind, kernel: 1 },
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

    fold: (place) => foldAttention(kind, channels, place),
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
