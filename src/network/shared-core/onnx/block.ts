import { foldNorm, type NeuronParameters, type Relation, sameValues } from '../../layers/fold.js';
import type { OnnxGraph } from '../../layers/layer.js';

/** A convolution as a graph has it. */
export interface Folded {
  /** [out, in, k, k] */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface BlockSizes {
  readonly side: number;
  readonly from: number;
  readonly to: number;
}

/**
 * A convolution with what is before each of its inputs, and the batch norm behind it. Only a convolution without padding
 * may have an offset before it.
 */
export function foldBlock(
  block: string,
  parameters: NeuronParameters,
  sizes: BlockSizes,
  before = sameValues(sizes.from),
): Folded {
  return fold(block, parameters, sizes, before, foldNorm(block, parameters, sizes.to));
}

/** A convolution by itself. */
export function unfolded(block: string, parameters: NeuronParameters, sizes: BlockSizes): Folded {
  return fold(block, parameters, sizes, sameValues(sizes.from), sameValues(sizes.to));
}

function fold(
  block: string,
  parameters: NeuronParameters,
  { side, from, to }: BlockSizes,
  before: Relation,
  after: Relation,
): Folded {
  const filter = parameters(`${block}.convolution.weight`); // [k, k, in, out]
  const shift = parameters(`${block}.convolution.bias`);
  const taps = side * side;
  const weight = new Float32Array(to * from * taps);
  const bias = new Float32Array(to);
  for (let output = 0; output < to; output++) {
    const factor = after.slope[output]!;
    let constant = shift[output]!;
    for (let input = 0; input < from; input++) {
      const slope = before.slope[input]!;
      for (let tap = 0; tap < taps; tap++) {
        const value = filter[(tap * from + input) * to + output]!;
        constant += value * before.offset[input]!;
        weight[(output * from + input) * taps + tap] = factor * value * slope;
      }
    }
    bias[output] = factor * constant + after.offset[output]!;
  }
  return { weight, bias };
}

type Attributes = Readonly<Record<string, number | readonly number[]>>;

/** A convolution and an ELU; without other attributes, its map has the size of its input. */
export function addBlock(
  graph: OnnxGraph,
  map: string,
  folded: Folded,
  sizes: BlockSizes,
  attributes: Attributes = centred(sizes.side),
): string {
  return graph.add('Elu', [addConvolution(graph, map, folded, sizes, attributes)]);
}

/** A convolution; without other attributes, its map has the size of its input. */
export function addConvolution(
  graph: OnnxGraph,
  map: string,
  { weight, bias }: Folded,
  { side, from, to }: BlockSizes,
  attributes: Attributes = centred(side),
): string {
  const constants = [graph.constant(weight, [to, from, side, side]), graph.constant(bias, [to])];
  return graph.add('Conv', [map, ...constants], attributes);
}

function centred(side: number): Attributes {
  const radius = (side - 1) / 2;
  return { pads: [radius, radius, radius, radius] };
}
