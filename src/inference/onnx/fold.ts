import { ATTENTION_CHANNELS, NORM_EPSILON } from '../../network/architecture.js';

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

/** A convolution of some neurons: weight [N·padded out, padded in, k, k], bias [N·padded out]. */
export interface Convolution {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface ConvolutionSizes {
  readonly kernel: number;
  readonly from: number;
  readonly to: number;
  readonly paddedFrom: number;
  readonly paddedTo: number;
}

/** The relation of values that are there as they are expected. */
export function sameValues(channels: number): Relation {
  return { slope: new Float64Array(channels).fill(1), offset: new Float64Array(channels) };
}

/**
 * A convolution and the batch norm behind it as one convolution. With `pooled`, a max pool stands
 * between the two, and a sigmoid behind: s·max(x) + t is max(s·x + t) where s is positive; where it
 * is negative, it is -max(-s·x - t), whose sigmoid is one minus that of max(-s·x - t). So those
 * channels are computed with their sign turned, and the next layer is told by the relation.
 * @param relations what this layer expects of its inputs, for each neuron
 * @returns with what the next layer is to expect, for each neuron
 */
export function foldConvolution(
  block: string,
  neurons: readonly NeuronParameters[],
  relations: readonly Relation[],
  sizes: ConvolutionSizes,
  pooled: boolean,
): Convolution & { readonly relations: readonly Relation[] } {
  const { kernel, from, to, paddedFrom, paddedTo } = sizes;
  const taps = kernel * kernel;
  const weight = new Float32Array(neurons.length * paddedTo * paddedFrom * taps);
  const bias = new Float32Array(neurons.length * paddedTo);
  const turned: Relation[] = [];
  for (const [row, parameters] of neurons.entries()) {
    const filter = parameters(`${block}.convolution.weight`); // [k, k, in, out]
    const shift = parameters(`${block}.convolution.bias`);
    const { slope, offset } = relations[row]!;
    const norm = normOf(block, parameters, to);
    const next = sameValues(to);
    for (let output = 0; output < to; output++) {
      const sign = pooled && norm.slope[output]! < 0 ? -1 : 1;
      const factor = sign * norm.slope[output]!;
      const column = row * paddedTo + output;
      let constant = shift[output]!;
      for (let input = 0; input < from; input++) {
        for (let tap = 0; tap < taps; tap++) {
          const value = filter[(tap * from + input) * to + output]!;
          constant += value * offset[input]!;
          weight[(column * paddedFrom + input) * taps + tap] = factor * value * slope[input]!;
        }
      }
      bias[column] = factor * constant + sign * norm.offset[output]!;
      next.slope[output] = sign;
      next.offset[output] = sign < 0 ? 1 : 0;
    }
    turned.push(next);
  }
  return { weight, bias, relations: turned };
}

/** The batch norm of a block with its running statistics. */
function normOf(block: string, parameters: NeuronParameters, channels: number): Relation {
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

/**
 * Self-attention and the batch norm behind it, on the values x [padded, cells] that are there:
 * u = look · x + lookBias; attention = softmax over j of u_i · x_j; y_i = the x_j it weighs;
 * output = gather · y + keep · x + bias.
 */
export interface Attention {
  /** [N, padded, padded] */
  readonly look: Float32Array;
  /** [N, padded, 1] */
  readonly lookBias: Float32Array;
  /** [N, padded, padded] */
  readonly gather: Float32Array;
  /** [N, padded, 1] */
  readonly keep: Float32Array;
  /** [N, padded, 1] */
  readonly bias: Float32Array;
}

/**
 * Queries and keys are taken together, and so are values and their mapping. What is the same for all
 * keys of a query drops out of its softmax, and the weights of a softmax sum to 1, so that a bias of
 * the values passes it as it is.
 * @param kind `mapped`: values are projected and mapped back; `identity`: they are the map itself
 */
export function foldAttention(
  kind: 'identity' | 'mapped',
  neurons: readonly NeuronParameters[],
  relations: readonly Relation[],
  channels: number,
  padded: number,
): Attention {
  const [squares, columns] = [neurons.length * padded * padded, neurons.length * padded];
  const folded = {
    look: new Float32Array(squares),
    lookBias: new Float32Array(columns),
    gather: new Float32Array(squares),
    keep: new Float32Array(columns),
    bias: new Float32Array(columns),
  };
  for (const [row, parameters] of neurons.entries()) {
    const entry = (name: string) => parameters(`attention.${name}`);
    const [keys, queries] = [entry('key.weight'), entry('query.weight')]; // [C, 5]
    const relation = relations[row]!;
    const { slope, offset } = relation;
    const norm = normOf('attention', parameters, channels);
    const gamma = entry('gamma')[0]!;
    const mapped = kind === 'mapped' ? mappingOf(entry, channels) : undefined;
    for (let to = 0; to < channels; to++) {
      const column = row * padded + to;
      let looked = dot(keys, to, entry('query.bias'), 0);
      // the padded x of the output: its own channel, times gamma the gathered ones, the biases
      let constant = norm.offset[to]! + norm.slope[to]! * offset[to]!;
      constant += norm.slope[to]! * gamma * (mapped?.bias[to] ?? 0);
      for (let from = 0; from < channels; from++) {
        const look = dot(keys, to, queries, from);
        const gather = mapped ? mapped.weight[to * channels + from]! : Number(to === from);
        const gain = norm.slope[to]! * gamma * gather;
        looked += look * offset[from]!;
        constant += gain * offset[from]!;
        folded.look[column * padded + from] = slope[to]! * look * slope[from]!;
        folded.gather[column * padded + from] = gain * slope[from]!;
      }
      folded.lookBias[column] = slope[to]! * looked;
      folded.keep[column] = norm.slope[to]! * slope[to]!;
      folded.bias[column] = constant;
    }
  }
  return folded;
}

/** Of two lists of rows of five: row a of one times row b of the other. */
function dot(left: ArrayLike<number>, a: number, right: ArrayLike<number>, b: number): number {
  let sum = 0;
  for (let i = 0; i < ATTENTION_CHANNELS; i++) {
    sum += left[a * ATTENTION_CHANNELS + i]! * right[b * ATTENTION_CHANNELS + i]!;
  }
  return sum;
}

/** Projection to values and back as one map: weight [to, from], bias [to]. */
function mappingOf(entry: NeuronParameters, channels: number) {
  const [values, output] = [entry('value.weight'), entry('output.weight')]; // [C, 5], [5, C]
  const [valueBias, outputBias] = [entry('value.bias'), entry('output.bias')];
  const weight = new Float64Array(channels * channels);
  const bias = Float64Array.from({ length: channels }, (_, i) => outputBias[i]!);
  for (let to = 0; to < channels; to++) {
    for (let i = 0; i < ATTENTION_CHANNELS; i++) {
      const out = output[i * channels + to]!;
      bias[to] = bias[to]! + out * valueBias[i]!;
      for (let from = 0; from < channels; from++) {
        const at = to * channels + from;
        weight[at] = weight[at]! + out * values[from * ATTENTION_CHANNELS + i]!;
      }
    }
  }
  return { weight, bias };
}
