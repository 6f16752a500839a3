import type * as tf from '@tensorflow/tfjs';

/** Channels of the projections to queries, keys and values. */
export const ATTENTION_CHANNELS = 5;

/** A 1x1 convolution of each neuron: weight [N, in, out], bias [N, out]. */
export interface Projection {
  readonly weight: tf.Tensor3D;
  readonly bias: tf.Tensor2D;
}

export interface AttentionParameters {
  /** [N, 1] */
  readonly gamma: tf.Tensor2D;
  readonly query: Projection;
  readonly key: Projection;
  /** Absent where the values are the map itself. */
  readonly mapping?: { readonly value: Projection; readonly output: Projection };
}

export interface Attended {
  /** gamma · f(attention · V) + x, [B, h, w, N·C] */
  readonly map: tf.Tensor4D;
  /** From each hypercolumn to each, [N, B, h·w, h·w]; rows sum to 1. */
  readonly attention: tf.Tensor4D;
}

/**
 * Self-attention between the hypercolumns of a map: one head, unscaled, without positions.
 * @param x [B, h, w, N·C]
 */
export function attend(x: tf.Tensor4D, parameters: AttentionParameters): Attended {
  const [batch, height, width, all] = x.shape;
  const neurons = parameters.gamma.shape[0];
  const channels = all / neurons;
  const cells = height * width;
  const perNeuron = (y: tf.Tensor) => y.reshape([neurons, batch * cells, -1]); // [N, B·cells, ·]
  const perImage = (y: tf.Tensor) => y.reshape([neurons * batch, cells, -1]); // [N·B, cells, ·]
  const project = (y: tf.Tensor, { weight, bias }: Projection) =>
    perNeuron(y).matMul(weight).add(bias.expandDims(1)); // [N, B·cells, out]

  const map = x.reshape([batch, cells, neurons, channels]).transpose([2, 0, 1, 3]); // [N, B, cells, C]
  const query = perImage(project(map, parameters.query)); // [N·B, cells, 5]
  const key = perImage(project(map, parameters.key)); // [N·B, cells, 5]
  const attention = query.matMul(key, false, true).softmax(); // [N·B, cells, cells]
  const { mapping } = parameters;
  const values = perImage(mapping ? project(map, mapping.value) : map); // [N·B, cells, 5 or C]
  const gathered = attention.matMul(values); // [N·B, cells, 5 or C]
  const output = mapping ? project(gathered, mapping.output) : perNeuron(gathered); // [N, B·cells, C]
  const gained = output.mul(parameters.gamma.expandDims(2)); // [N, B·cells, C]
  const merged = gained.reshape([neurons, batch, cells, channels]).transpose([1, 2, 0, 3]);
  return {
    map: merged.reshape<tf.Tensor4D>(x.shape).add(x),
    attention: attention.reshape([neurons, batch, cells, cells]),
  };
}
