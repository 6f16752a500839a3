import {
  type FoldedConvolution,
  type FoldedPlace,
  foldNorm,
  type Relation,
  sameValues,
} from './fold.js';

/** A convolution with the batch norm of its block behind it. */
export interface ConvolutionBlock {
  readonly block: string;
  /** Its side. */
  readonly kernel: number;
  /** Channels. */
  readonly from: number;
  readonly to: number;
  readonly ofStimuli: boolean;
  readonly pooled: boolean;
}

/**
 * A convolution and the batch norm behind it as one convolution. With `pooled`, a max pool is
 * between the two, and a sigmoid behind: s·max(x) + t is max(s·x + t) where s is positive; where it
 * is negative, it is -max(-s·x - t), whose sigmoid is one minus that of max(-s·x - t). So those
 * channels are computed with their sign turned, and the relation says so to the next layer.
 */
export function foldConvolution(
  convolution: ConvolutionBlock,
  { neurons, relations, padded }: FoldedPlace,
): FoldedConvolution {
  const { block, kernel, from, to, ofStimuli, pooled } = convolution;
  const [paddedFrom, paddedTo] = [ofStimuli ? from : padded, padded];
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
  return { kind: 'convolution', kernel, ofStimuli, pooled, weight, bias, relations: turned };
}
