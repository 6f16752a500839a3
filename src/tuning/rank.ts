import { descending, type NeuronMetrics, neuronMetrics, peakCount, tiesAt } from './metrics.js';
import { checkPair, column, type ResponseMatrix } from './response-matrix.js';

/** One neuron's responses to all stimuli, from the strongest to the weakest. */
export interface NeuronRankTuning {
  /** `[stimuli]`: the stimulus at each rank. */
  readonly order: Uint32Array;
  /** `[stimuli]`: the real response at each rank; null if there are none. */
  readonly real: Float64Array | null;
  /** `[stimuli]`: the predicted response at each rank. */
  readonly predicted: Float64Array;
  /** null if there are no real responses. */
  readonly metrics: NeuronMetrics | null;
  /** The number of responses, of those that order the stimuli, that equal the k-th without being among the k. */
  readonly ties: number;
}

export interface RankTuning {
  /** The responses that order the stimuli. */
  readonly orderedBy: 'real' | 'predicted';
  readonly k: number;
  readonly neurons: readonly NeuronRankTuning[];
  /** `[stimuli]` each: the mean over neurons at each rank, every neuron in its own order. */
  readonly population: { readonly real: Float64Array | null; readonly predicted: Float64Array };
}

/**
 * Computes rank-ordered tuning curves (Lin et al. 2024): the stimuli of each neuron in descending order
 * of the real response, or of the predicted response if there are no real ones. Equal responses keep the
 * order of the stimuli.
 * @param predicted `[stimuli, neurons]`
 * @param options.real `[stimuli, neurons]`, to the same stimuli
 * @param options.k peak of the metrics, 1..stimuli, by default 1 % of the stimuli
 * @throws InputError when responses are empty, not finite or of different shapes, or k is out of range
 */
export function rankTuning(
  predicted: ResponseMatrix,
  options: { readonly real?: ResponseMatrix | undefined; readonly k?: number | undefined } = {},
): RankTuning {
  const { real } = options;
  checkPair(predicted, real);
  const k = peakCount(predicted.stimuli, options.k);
  const neurons = Array.from({ length: predicted.neurons }, (_, j) =>
    rankNeuron(column(predicted, j), real ? column(real, j) : null, k),
  );
  return {
    orderedBy: real ? 'real' : 'predicted',
    k,
    neurons,
    population: {
      real: real ? meanCurve(neurons.map((neuron) => neuron.real!)) : null,
      predicted: meanCurve(neurons.map((neuron) => neuron.predicted)),
    },
  };
}

function rankNeuron(
  predicted: Float64Array,
  real: Float64Array | null,
  k: number,
): NeuronRankTuning {
  const deciding = real ?? predicted;
  const order = descending(deciding);
  const inOrder = (values: Float64Array) => Float64Array.from(order, (i) => values[i]!);
  return {
    order,
    real: real && inOrder(real),
    predicted: inOrder(predicted),
    metrics: real && neuronMetrics(real, predicted, k, order),
    ties: tiesAt(deciding, order, k),
  };
}

function meanCurve(curves: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(curves[0]!.length);
  for (const curve of curves) {
    for (let rank = 0; rank < mean.length; rank += 1) mean[rank]! += curve[rank]! / curves.length;
  }
  return mean;
}
