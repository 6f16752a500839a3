import * as tf from '@tensorflow/tfjs';
import type { Formula } from './fused-programs.js';

/** Operations in one pass over their tensors, for the webgpu backend alone. */

/** The kernels of these operations. */
export const FUSED = { elementwise: 'HypercolumnElementwise', columnSums: 'HypercolumnColumnSums' };

/** What a formula is computed of, by name. */
interface Operands {
  /** Tensors of one shape, whose last axis are the columns. */
  readonly maps: Readonly<Record<string, tf.Tensor>>;
  /** Tensors with one number for each column. */
  readonly vectors?: Readonly<Record<string, tf.Tensor>>;
  readonly numbers?: Readonly<Record<string, number>>;
}

/** What the kernels take. */
export interface FusedAttributes {
  readonly formula: Formula;
  /** In the order of the formula's names. */
  readonly numbers: readonly number[];
}

/**
 * @param value a WGSL expression of the names of the operands
 * @returns its value at each place
 */
export function elementwise<T extends tf.Tensor>(value: string, operands: Operands): T {
  return run<T>(FUSED.elementwise, value, operands);
}

/**
 * @param value a WGSL expression of the names of the operands
 * @returns its sum for each column, [columns]
 */
export function columnSums(value: string, operands: Operands): tf.Tensor1D {
  return run(FUSED.columnSums, value, operands);
}

/** dy times the slope of the sigmoid whose value is y. */
export function sigmoidGradient(y: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  return elementwise('dy * y * (1.0 - y)', { maps: { dy, y } });
}

function run<T extends tf.Tensor>(
  kernel: string,
  value: string,
  { maps, vectors = {}, numbers = {} }: Operands,
): T {
  const names = (operands: object) => Object.keys(operands);
  const attributes: tf.NamedAttrMap = {
    formula: { value, maps: names(maps), vectors: names(vectors), numbers: names(numbers) },
    numbers: Object.values(numbers),
  };
  return tf.engine().runKernel(kernel, { ...maps, ...vectors }, attributes) as T;
}
