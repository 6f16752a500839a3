import type { NamedTensor } from '../../src/formats/safetensors.js';
import type { Weights } from '../../src/models/saved-model.js';
import type { AnyArchitecture } from '../../src/network/any-architecture.js';
import { initialParameters, parameterSpecifications } from '../../src/network/parameters.js';
import { type RandomStream, randomStream } from '../../src/network/random.js';
import { isOfCore } from '../../src/network/shared-core/parameters.js';
import type { StimulusSize } from '../../src/network/stimulus-size.js';

/** Approximate mean and variance of a convolution's inputs: gray pixels, or sigmoids. */
const INPUT = { mean: 0.5, variance: 0.04 };

/**
 * Parameters of random networks that compute like trained ones: the initial parameters of a training, batch
 * norms whose statistics fit their convolutions and whose scales have both signs, attention with a gain, and weights of
 * places that are not 0. A neuron's depend on the seed and its id alone.
 */
export function randomParameters(
  architecture: AnyArchitecture,
  stimulus: StimulusSize,
  neurons: readonly number[],
  seed: number,
): Weights {
  const specifications = parameterSpecifications(architecture, stimulus);
  const weights = initialParameters(specifications, neurons, seed);
  for (const [name, tensor] of weights) {
    const [, block, entry] = /^(\w+)\.norm\.(\w+)$/.exec(name) ?? [];
    const owners = isOfCore(name) ? ['core'] : neurons;
    const each = tensor.data.length / owners.length;
    const isWhole = name === 'readout.weight' && architecture.readout === 'whole';
    for (const [row, owner] of owners.entries()) {
      const random = randomStream(seed, 'made up', owner, name);
      const own = tensor.data.subarray(row * each, (row + 1) * each);
      if (name.endsWith('attention.gamma')) own[0] = 2 * random.uniform() - 1;
      else if (isWhole) fill(own, () => (2 * random.uniform() - 1) / Math.sqrt(each));
      else if (name === 'readout.centre') fill(own, () => 1.2 * random.uniform() - 0.6);
      else if (entry === 'scale') fill(own, () => signed(random) * (0.5 + random.uniform()));
      else if (entry === 'shift') fill(own, () => random.uniform() - 0.5);
      else if (entry === 'mean' || entry === 'variance') {
        own.set(statistics(weights, block!, row)[entry]);
      }
    }
  }
  return weights;
}

/** One scale in four is negative. */
function signed(random: RandomStream): number {
  return random.uniform() < 0.25 ? -1 : 1;
}

function fill(values: NamedTensor['data'], draw: () => number): void {
  for (let i = 0; i < values.length; i++) values[i] = draw();
}

/** Mean and variance of a block's convolution if its inputs were independent, or of an attention's map. */
function statistics(weights: Weights, block: string, row: number) {
  const filters = weights.get(`${block}.convolution.weight`);
  const channels = weights.get(`${block}.norm.mean`)!.shape[1]!;
  const mean = new Float64Array(channels).fill(INPUT.mean);
  const variance = new Float64Array(channels).fill(INPUT.variance);
  if (filters) {
    const bias = weights.get(`${block}.convolution.bias`)!.data;
    const each = filters.data.length / filters.shape[0]!;
    for (let channel = 0; channel < channels; channel++) {
      let [sum, squares] = [0, 0];
      for (let i = channel; i < each; i += channels) {
        const weight = filters.data[row * each + i]!;
        sum += weight;
        squares += weight * weight;
      }
      mean[channel] = INPUT.mean * sum + bias[row * channels + channel]!;
      variance[channel] = INPUT.variance * squares;
    }
  }
  return { mean, variance };
}
