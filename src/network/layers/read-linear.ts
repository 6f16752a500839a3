import * as tf from '@tensorflow/tfjs';
import type { LinearReadout, ReadCells } from './layer.js';
import { centreIndex } from './map.js';

/**
 * The weighted sum of some cells of a map and all their channels, plus a bias.
 * @param x [B, h, w, N·C]
 * @returns [B, N]
 */
export function readLinear(
  x: tf.Tensor4D,
  { weight, bias }: LinearReadout,
  cells: ReadCells,
): tf.Tensor2D {
  const [batch, , , all] = x.shape;
  const neurons = bias.shape[0];
  const channels = all / neurons;
  const stacked = weight.reshape([neurons, -1, channels]); // [N, cells, C]
  const filter = stacked.transpose([1, 0, 2]).reshape([1, -1, all]); // [1, cells, N·C]
  const perChannel = selectCells(x, cells).mul(filter).sum(1); // [B, N·C]
  return perChannel
    .reshape([batch, neurons, channels])
    .sum<tf.Tensor2D>(2)
    .add(bias.squeeze([1]));
}

/** [B, h, w, N·C] -> [B, cells, N·C] */
function selectCells(x: tf.Tensor4D, cells: ReadCells): tf.Tensor3D {
  const [batch, height, width, all] = x.shape;
  const flat = x.reshape<tf.Tensor3D>([batch, height * width, all]);
  if (cells === 'whole') return flat;
  const centre = centreIndex({ height, width });
  if (cells === 'centre') return flat.slice([0, centre, 0], [-1, 1, -1]);
  // slices rather than a gather, whose gradient not every backend has
  const before = flat.slice([0, 0, 0], [-1, centre, -1]);
  const after = flat.slice([0, centre + 1, 0], [-1, -1, -1]);
  return tf.concat([before, after], 1);
}
