import type { Weights } from '../models/saved-model.js';
import type { NeuronParameters } from '../network/layers/fold.js';
import { isOfCore } from '../network/shared-core/parameters.js';

/**
 * The parameters of one network of a model.
 * @param members of an ensemble; of another model, one
 * @param network member·neurons + neuron
 */
export function networkParameters(members: readonly Weights[], network: number): NeuronParameters {
  const population = countRows(members[0]!);
  const weights = members[Math.floor(network / population)]!;
  const row = network % population;
  return (name) => {
    const tensor = weights.get(name);
    if (tensor === undefined) throw new Error(`there is no parameter '${name}'`);
    if (isOfCore(name)) return tensor.data;
    const each = tensor.data.length / tensor.shape[0]!;
    return tensor.data.subarray(row * each, (row + 1) * each);
  };
}

/** The neurons of a member. */
export function countRows(weights: Weights): number {
  for (const [name, { shape }] of weights) if (!isOfCore(name)) return shape[0]!;
  throw new Error('there is no parameter of a neuron');
}
