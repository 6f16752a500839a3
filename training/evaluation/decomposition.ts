import { descending } from '../../src/tuning/metrics.js';
import type { ResponseMatrix } from '../../src/tuning/response-matrix.js';
import { column } from '../../src/tuning/response-matrix.js';
import type { Terms } from './prediction.js';

/**
 * The readout's sum and its terms at each rank, averaged over neurons, each neuron's images in
 * descending order of its own predicted response (Lin et al. 2025).
 */
export interface Decomposition {
  /** [images] each. */
  readonly sum: Float64Array;
  readonly centre: Float64Array;
  readonly surround: Float64Array;
  /** The same at every rank. */
  readonly bias: number;
  /**
   * How much of the sum's rise from its mean over all images to its mean over the peak is the
   * centre's; the rest is the surround's. null where the sum does not rise.
   */
  readonly centreShareOfPeak: number | null;
}

/** @param k how many images make the peak */
export function decompose(responses: ResponseMatrix, terms: Terms, k: number): Decomposition {
  const { stimuli: images, neurons } = responses;
  const curve = () => new Float64Array(images);
  const [sum, centre, surround] = [curve(), curve(), curve()];
  const bias = terms.bias.reduce((total, value) => total + value, 0) / neurons;
  for (let neuron = 0; neuron < neurons; neuron++) {
    const order = descending(column(responses, neuron));
    for (const [rank, image] of order.entries()) {
      centre[rank]! += terms.centre.values[image * neurons + neuron]! / neurons;
      surround[rank]! += terms.surround.values[image * neurons + neuron]! / neurons;
    }
  }
  for (let rank = 0; rank < images; rank++) sum[rank] = centre[rank]! + surround[rank]! + bias;
  const rise = (values: Float64Array) => mean(values.subarray(0, k)) - mean(values);
  const centreShareOfPeak = rise(sum) > 0 ? rise(centre) / rise(sum) : null;
  return { sum, centre, surround, bias, centreShareOfPeak };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
