import type * as tf from '@tensorflow/tfjs';
import type { NeuronParameters } from '../fold.js';
import type { FoldedSum, ReadCells, ReadoutPass } from '../layer.js';
import type { MapSize } from '../map.js';

/** The weighted sum of some cells without a bias, [B, N]. */
export function weigh(
  { read, tf: { zeros } }: ReadoutPass,
  map: tf.Tensor4D,
  weight: tf.Tensor,
  cells: ReadCells,
): tf.Tensor2D {
  const neurons = weight.shape[0]!;
  return read(map, { weight, bias: zeros([neurons, 1]) }, cells);
}

/** The same for every image of a map: [N, 1] -> [B, N] */
export function everywhere(map: tf.Tensor4D, bias: tf.Tensor2D): tf.Tensor2D {
  return row(bias).tile([map.shape[0], 1]);
}

/** [N, 1] -> [1, N] */
export function row(column: tf.Tensor2D): tf.Tensor2D {
  return column.transpose<tf.Tensor2D>();
}

/** The sum of a readout with one linear map. */
export function foldPlain(
  parameters: NeuronParameters,
  _map: MapSize,
  channels: number,
): FoldedSum {
  const weight = parameters('readout.weight'); // [cells, C]
  return {
    weight: (cell, channel) => weight[cell * channels + channel]!,
    bias: parameters('readout.bias')[0]!,
  };
}
