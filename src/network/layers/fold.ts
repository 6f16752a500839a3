import { NORM_EPSILON } from './specification.js';

/**
 * Rewrites of a network's layers into fewer, exact but for rounding: sums are taken in float64 and
 * rounded once. Channels are padded with zeros to `padded`; a padded channel reaches nothing.
 */

/** The parameters of one neuron by name. */
export type NeuronParameters = (name: string) => ArrayLike<number>;

/**
 * How the values that a layer expects follow from those that are there: channel by channel,
 * `slope * value + offset`.
 */
export interface Relation {
  readonly slope: Float64Array;
  readonly offset: Float64Array;
}

/** The relation of values that need no change. */
export function sameValues(channels: number): Relation {
  return { slope: new Float64Array(channels).fill(1), offset: new Float64Array(channels) };
}

/** The batch norm of a block with its running statistics. */
export function foldNorm(block: string, parameters: NeuronParameters, channels: number): Relation {
  const entry = (name: string) => parameters(`${block}.norm.${name}`);
  const [scale, shift, mean, variance] = [
    entry('scale'),
    entry('shift'),
    entry('mean'),
    entry('variance'),
  ];
  const slope = Float64Array.from(
    { length: channels },
    (_, i) => scale[i]! / Math.sqrt(variance[i]! + NORM_EPSILON),
  );
  return { slope, offset: slope.map((value, i) => shift[i]! - mean[i]! * value) };
}
