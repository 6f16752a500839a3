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

/** Where a layer of some neurons is folded. */
export interface FoldedPlace {
  readonly neurons: readonly NeuronParameters[];
  /** For each neuron, how the values that the layer expects follow from those that are there. */
  readonly relations: readonly Relation[];
  /** Channels of each neuron's maps, padded with zeros. */
  readonly padded: number;
}

/** A layer of some neurons as one affine map and a sigmoid. */
export type FoldedLayer = FoldedConvolution | FoldedAttention;

/** A valid convolution, a 2x2 max pool where it is pooled, the bias, and a sigmoid. */
export interface FoldedConvolution {
  readonly kind: 'convolution';
  /** Its side. */
  readonly kernel: number;
  /** Whether all neurons read the stimulus; else each reads a map of its own. */
  readonly ofStimuli: boolean;
  readonly pooled: boolean;
  /** [N·padded, channels that one neuron reads, kernel, kernel] */
  readonly weight: Float32Array;
  /** [N·padded] */
  readonly bias: Float32Array;
  /** What the next layer is to expect. */
  readonly relations: readonly Relation[];
}

/**
 * Self-attention between the cells of a map, on the values x [padded, cells] that are there:
 * u = query · x + queryBias; attention = softmax over j of u_i · x_j; y_i = the x_j it weighs;
 * output = sigmoid(gather · y + keep · x + bias).
 */
export interface FoldedAttention {
  readonly kind: 'attention';
  /** [N, padded, padded] */
  readonly query: Float32Array;
  /** [N, padded] */
  readonly queryBias: Float32Array;
  /** [N, padded, padded] */
  readonly gather: Float32Array;
  /** [N, padded] */
  readonly keep: Float32Array;
  /** [N, padded] */
  readonly bias: Float32Array;
  /** What the next layer is to expect. */
  readonly relations: readonly Relation[];
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
