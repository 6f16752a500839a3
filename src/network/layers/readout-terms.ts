import * as tf from '@tensorflow/tfjs';
import { type Architecture, centreIndex } from '../architecture.js';
import { type Field, type LinearReadout, readLinear } from './readout.js';

/**
 * The readout's sum, taken apart: centre + surround + bias are what the output's nonlinearity is
 * given. Each [B, N].
 */
export type ReadoutTerms = {
  /** What the centre hypercolumn adds. */
  readonly centre: tf.Tensor2D;
  /** What all the other cells add together; 0 where the readout sees the centre alone. */
  readonly surround: tf.Tensor2D;
  /** The same for every image. */
  readonly bias: tf.Tensor2D;
};

/**
 * Takes the sum of a readout apart (Lin et al. 2025); of a split readout, through its combiner.
 * @param x the map that the readout sees, [B, h, w, N·C]
 * @param linear the readout's linear maps by their names
 */
export function readoutTerms(
  x: tf.Tensor4D,
  kind: Architecture['readout'],
  linear: (name: string) => LinearReadout,
): ReadoutTerms {
  const [batch, height, width] = x.shape;
  switch (kind) {
    case 'full': {
      const { weight, bias } = linear('readout');
      const cells = height * width;
      const middle = centreIndex({ height, width });
      const stacked = weight.reshape([bias.shape[0], cells, -1]); // [N, cells, C]
      // zeros in the centre's place rather than a slice without it, which may be empty
      const elsewhere = new Float32Array(cells).fill(1);
      elsewhere[middle] = 0;
      return {
        centre: weigh(stacked.slice([0, middle, 0], [-1, 1, -1]), 'centre'),
        surround: weigh(stacked.mul(tf.tensor3d(elsewhere, [1, cells, 1])), 'whole'),
        bias: everywhere(bias),
      };
    }
    case 'centre': {
      const { weight, bias } = linear('readout');
      const centre = weigh(weight, 'centre');
      return { centre, surround: tf.zerosLike(centre), bias: everywhere(bias) };
    }
    case 'split': {
      const [centre, surround] = [linear('readout.centre'), linear('readout.surround')];
      const combiner = linear('readout.combiner');
      const [ofCentre, ofSurround] = tf.split<tf.Tensor2D>(combiner.weight, 2, 1); // [N, 1] each
      const bias = centre.bias
        .mul(ofCentre!)
        .add(surround.bias.mul(ofSurround!))
        .add<tf.Tensor2D>(combiner.bias);
      return {
        centre: weigh(centre.weight, 'centre').mul(row(ofCentre!)),
        surround: weigh(surround.weight, 'surround').mul(row(ofSurround!)),
        bias: everywhere(bias),
      };
    }
  }

  /** The weighted sum of some cells, [B, N]. */
  function weigh(weight: tf.Tensor, field: Field): tf.Tensor2D {
    const neurons = weight.shape[0]!;
    return readLinear(x, { weight, bias: tf.zeros([neurons, 1]) }, field);
  }

  /** [N, 1] -> [B, N] */
  function everywhere(bias: tf.Tensor2D): tf.Tensor2D {
    return row(bias).tile([batch, 1]);
  }
}

/** [N, 1] -> [1, N] */
function row(column: tf.Tensor2D): tf.Tensor2D {
  return column.transpose<tf.Tensor2D>();
}
