import type { NeuronPeakTuning, neuronPeaks, ResponsePeak } from '../../tuning/peak.js';
import type { NeuronRankTuning, RankTuning } from '../../tuning/rank.js';

const NO_REAL = 'no real responses were sent';

/** Rank-ordered tuning curves as JSON; `ids` names the neurons, in order. */
export function rankAnswer(tuning: RankTuning, ids: readonly number[]) {
  const { orderedBy, k, neurons, population } = tuning;
  return {
    orderedBy,
    k,
    neurons: neurons.map((neuron, i) => rankNeuron(neuron, ids[i]!)),
    population: curves(population),
  };
}

/** Peak tuning as JSON; `ids` names the neurons, in order. */
export function peakAnswer(tuning: ReturnType<typeof neuronPeaks>, ids: readonly number[]) {
  return {
    k: tuning.k,
    neurons: tuning.neurons.map((neuron, i) => peakNeuron(neuron, ids[i]!)),
  };
}

function rankNeuron({ order, real, predicted, metrics, ties }: NeuronRankTuning, id: number) {
  const { corr = null, ptJ = null, ptS = null, theta = null } = metrics ?? {};
  const reasons = metrics ? [metrics.corrReason, metrics.peakReason] : [NO_REAL];
  return {
    id,
    order: Array.from(order),
    ...curves({ real, predicted }),
    CORR: corr,
    PT_J: ptJ,
    PT_S: ptS,
    theta,
    ties,
    ...withReason(reasons),
  };
}

function peakNeuron({ predicted, real, ptJ, ptS, peakReason }: NeuronPeakTuning, id: number) {
  return {
    id,
    ...responsePeak(predicted),
    ...(real ? { real: responsePeak(real) } : {}),
    PT_J: ptJ,
    PT_S: ptS,
    ...withReason([real ? peakReason : NO_REAL]),
  };
}

function withReason(reasons: readonly (string | undefined)[]): { reason?: string } {
  const present = reasons.filter((reason) => reason !== undefined);
  return present.length === 0 ? {} : { reason: present.join('; ') };
}

function responsePeak({ stimuli, responses, ...rest }: ResponsePeak) {
  const top = Array.from(stimuli, (stimulus, i) => ({ stimulus, response: responses[i]! }));
  return { top, ...rest };
}

function curves(curve: { readonly real: Float64Array | null; readonly predicted: Float64Array }) {
  const predicted = Array.from(curve.predicted);
  return curve.real ? { real: Array.from(curve.real), predicted } : { predicted };
}
