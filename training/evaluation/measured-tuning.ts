import { peakCount } from '../../src/tuning/metrics.js';
import { type NeuronRankTuning, type RankTuning, rankTuning } from '../../src/tuning/rank.js';
import { column, type ResponseMatrix } from '../../src/tuning/response-matrix.js';
import { measuredPlaces } from '../data/measured.js';

/**
 * Rank tuning of each neuron over the images that it was measured for, in the order of the real responses. The peak is
 * 1 % of these images. The population has the ranks that all neurons have.
 * @param predicted [images, neurons]
 * @param real [images, neurons]; NaN where a neuron was not measured
 */
export function measuredTuning(predicted: ResponseMatrix, real: ResponseMatrix): RankTuning {
  const k = peakCount(real.stimuli);
  if (!real.values.some(Number.isNaN)) return rankTuning(predicted, { real, k });
  const neurons = Array.from({ length: real.neurons }, (_, neuron) =>
    rankNeuron(column(predicted, neuron), column(real, neuron)),
  );
  return {
    orderedBy: 'real',
    ...{ k, neurons },
    population: {
      real: meanCurve(neurons.map((neuron) => neuron.real!)),
      predicted: meanCurve(neurons.map((neuron) => neuron.predicted)),
    },
  };
}

function rankNeuron(predicted: Float64Array, real: Float64Array): NeuronRankTuning {
  const images = measuredPlaces(real);
  const one = (values: Float64Array): ResponseMatrix => ({
    stimuli: images.length,
    neurons: 1,
    values: Float64Array.from(images, (image) => values[image]!),
  });
  const tuning = rankTuning(one(predicted), { real: one(real) }).neurons[0]!;
  return { ...tuning, order: tuning.order.map((place) => images[place]!) };
}

/** The mean of curves at the ranks that all of them have. */
function meanCurve(curves: readonly Float64Array[]): Float64Array {
  const ranks = curves.reduce((least, { length }) => Math.min(least, length), Infinity);
  return Float64Array.from({ length: ranks }, (_, rank) => {
    return curves.reduce((sum, curve) => sum + curve[rank]! / curves.length, 0);
  });
}
