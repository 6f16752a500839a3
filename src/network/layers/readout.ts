import * as tf from '@tensorflow/tfjs';

/** A linear readout of each neuron: weight [N, ...cells, C], bias [N, 1]. */
export interface LinearReadout {
  readonly weight: tf.Tensor;
  readonly bias: tf.Tensor2D;
}

/**
 * The weighted sum of some cells of a map and all their channels, plus a bias.
 * @param x [B, h, w, N·C]; the cells of the weight are all of them, or `cells` chosen by index
 * @returns [B, N]
 */
export function readLinear(
  x: tf.Tensor4D,
  { weight, bias }: LinearReadout,
  cells?: readonly number[],
): tf.Tensor2D {
  const [batch, height, width, all] = x.shape;
  const neurons = bias.shape[0];
  const channels = all / neurons;
  const flat = x.reshape<tf.Tensor3D>([batch, height * width, all]); // [B, cells, N·C]
  const seen = cells ? tf.gather(flat, tf.tensor1d([...cells], 'int32'), 1) : flat;
  const stacked = weight.reshape([neurons, -1, channels]); // [N, cells, C]
  const filter = stacked.transpose([1, 0, 2]).reshape([1, -1, all]); // [1, cells, N·C]
  const perChannel = seen.mul(filter).sum(1); // [B, N·C]
  return perChannel
    .reshape([batch, neurons, channels])
    .sum<tf.Tensor2D>(2)
    .add(bias.squeeze([1]));
}

/**
 * Combines the centre's and the surround's terms.
 * @param terms each [B, N]
 * @param combiner weight [N, 2]
 * @returns [B, N]
 */
export function combineTerms(
  terms: readonly [tf.Tensor2D, tf.Tensor2D],
  { weight, bias }: LinearReadout,
): tf.Tensor2D {
  const [centre, surround] = tf.unstack(weight, 1); // [N], [N]
  return terms[0]
    .mul<tf.Tensor2D>(centre!)
    .add(terms[1].mul(surround!))
    .add(bias.squeeze([1]));
}
