import * as tf from '@tensorflow/tfjs';
import type { NamedTensor } from '../../../src/formats/safetensors.js';
import type { Weights } from '../../../src/models/saved-model.js';
import type { Parameters } from '../../../src/network/block-pass.js';

/** Tensors that lie end to end in one vector: one operation on it takes the place of one on each of them. */
export interface Layout {
  /** @param tensors in the order of the names */
  join(tensors: readonly tf.Tensor[]): tf.Tensor1D;
  /** A vector of one number for each tensor, repeated over its elements. */
  spread(number: (name: string) => number): tf.Tensor1D;
  /** The tensors by name. */
  apart(vector: tf.Tensor1D): Parameters;
  /** Copies saved tensors to the device. Those that `of` has none of are zeros. */
  upload(of: (name: string) => NamedTensor | undefined): tf.Tensor1D;
  /** Copies a vector from the device, as tensors by name. */
  download(vector: tf.Tensor1D): Promise<Map<string, NamedTensor>>;
}

/**
 * @param names of the tensors, in the order in which they lie
 * @param weights tensors of these names; the layout has their shapes
 */
export function createLayout(names: readonly string[], weights: Weights): Layout {
  const shapes = names.map((name) => [...weights.get(name)!.shape]);
  const lengths = shapes.map((shape) => tf.util.sizeFromShape(shape));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((sum, each) => sum + each, 0));

  return {
    join: (tensors) =>
      names.length === 0 ? tf.tensor1d([]) : tf.concat1d(tensors.map((tensor) => tensor.as1D())),

    spread(number) {
      const values = new Float32Array(total);
      for (const [i, name] of names.entries()) {
        values.fill(number(name), starts[i]!, starts[i]! + lengths[i]!);
      }
      return tf.tensor1d(values);
    },

    apart(vector) {
      if (names.length === 0) return {};
      const parts = tf.split(vector, lengths);
      return Object.fromEntries(
        names.map((name, i) => [name, parts[i]!.reshape(shapes[i]!)] as const),
      );
    },

    upload(of) {
      const values = new Float32Array(total);
      for (const [i, name] of names.entries()) {
        const tensor = of(name);
        if (tensor !== undefined) values.set(tensor.data, starts[i]!);
      }
      return tf.tensor1d(values);
    },

    async download(vector) {
      const values = await vector.data<'float32'>();
      return new Map(
        names.map((name, i) => {
          const data = values.slice(starts[i]!, starts[i]! + lengths[i]!);
          return [name, { shape: shapes[i]!, data }] as const;
        }),
      );
    },
  };
}
