import { foldNorm, type NeuronParameters, type Relation, sameValues } from './fold.js';
import type { OnnxMap, OnnxSite } from './layer.js';

/** A convolution of some neurons: weight [N·padded out, padded in, k, k], bias [N·padded out]. */
interface Convolution {
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

/**
 * A convolution and the batch norm behind it as one convolution. With `pooled`, a max pool is
 * between the two, and a sigmoid behind: s·max(x) + t is max(s·x + t) where s is positive; where it
 * is negative, it is -max(-s·x - t), whose sigmoid is one minus that of max(-s·x - t). So those
 * channels are computed with their sign turned, and the relation says so to the next layer.
 * @param relations what this layer expects of its inputs, for each neuron
 * @returns with what the next layer is to expect, for each neuron
 */
function foldConvolution(
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
    const norm = foldNorm(block, parameters, to);
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

/** Adds the convolution of a block, and the batch norm behind it, to a graph. */
export function addConvolution(
  block: string,
  { value, relations }: OnnxMap,
  { graph, neurons }: Pick<OnnxSite, 'graph' | 'neurons'>,
  sizes: ConvolutionSizes,
  { groups, pooled }: { readonly groups: number; readonly pooled: boolean },
): OnnxMap {
  const { kernel, paddedFrom, paddedTo } = sizes;
  const folded = foldConvolution(block, neurons, relations, sizes, pooled);
  const all = neurons.length * paddedTo;
  const weight = graph.constant(folded.weight, [all, paddedFrom, kernel, kernel]);
  const bias = graph.constant(folded.bias, [all]);
  return {
    value: graph.add('Conv', [value, weight, bias], { group: groups }),
    relations: folded.relations,
  };
}
