import { ATTENTION_CHANNELS } from './attend.js';
import {
  type FoldedAttention,
  type FoldedPlace,
  foldNorm,
  type NeuronParameters,
  sameValues,
} from './fold.js';

/**
 * Queries and keys are merged into one map, and so are values and their mapping. What is the same for all
 * keys of a query drops out of its softmax, and the weights of a softmax sum to 1, so that a bias of
 * the values passes it unchanged.
 * @param kind `mapped`: values are projected and mapped back; `identity`: they are the map itself
 */
export function foldAttention(
  kind: 'identity' | 'mapped',
  channels: number,
  { neurons, relations, padded }: FoldedPlace,
): FoldedAttention {
  const [squares, columns] = [neurons.length * padded * padded, neurons.length * padded];
  const folded = {
    query: new Float32Array(squares),
    queryBias: new Float32Array(columns),
    gather: new Float32Array(squares),
    keep: new Float32Array(columns),
    bias: new Float32Array(columns),
  };
  for (const [row, parameters] of neurons.entries()) {
    const entry = (name: string) => parameters(`attention.${name}`);
    const [keys, queries] = [entry('key.weight'), entry('query.weight')]; // [C, 5]
    const relation = relations[row]!;
    const { slope, offset } = relation;
    const norm = foldNorm('attention', parameters, channels);
    const gamma = entry('gamma')[0]!;
    const mapped = kind === 'mapped' ? foldMapping(entry, channels) : undefined;
    for (let to = 0; to < channels; to++) {
      const column = row * padded + to;
      let queryBias = dot(keys, to, entry('query.bias'), 0);
      // the padded x of the output: its own channel, times gamma the gathered ones, the biases
      let constant = norm.offset[to]! + norm.slope[to]! * offset[to]!;
      constant += norm.slope[to]! * gamma * (mapped?.bias[to] ?? 0);
      for (let from = 0; from < channels; from++) {
        const product = dot(keys, to, queries, from);
        const gather = mapped ? mapped.weight[to * channels + from]! : Number(to === from);
        const gain = norm.slope[to]! * gamma * gather;
        queryBias += product * offset[from]!;
        constant += gain * offset[from]!;
        folded.query[column * padded + from] = slope[to]! * product * slope[from]!;
        folded.gather[column * padded + from] = gain * slope[from]!;
      }
      folded.queryBias[column] = slope[to]! * queryBias;
      folded.keep[column] = norm.slope[to]! * slope[to]!;
      folded.bias[column] = constant;
    }
  }
  return { kind: 'attention', ...folded, relations: neurons.map(() => sameValues(channels)) };
}

/** The product of row a of one list and row b of the other; rows have five numbers. */
function dot(left: ArrayLike<number>, a: number, right: ArrayLike<number>, b: number): number {
  let sum = 0;
  for (let i = 0; i < ATTENTION_CHANNELS; i++) {
    sum += left[a * ATTENTION_CHANNELS + i]! * right[b * ATTENTION_CHANNELS + i]!;
  }
  return sum;
}

/** Projection to values and back as one map: weight [to, from], bias [to]. */
function foldMapping(entry: NeuronParameters, channels: number) {
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
