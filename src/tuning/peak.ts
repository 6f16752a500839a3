import { ratioIndex, sparseness } from './indices.js';
import { descending, type PeakTuningMetrics, peakCount, peakTuning, tiesAt } from './metrics.js';
import { checkPair, column, type ResponseMatrix } from './response-matrix.js';
import type { Index } from './schemas.js';

/** The peak of one neuron's responses, real or predicted. */
export interface ResponsePeak {
  /** `[k]`: the stimuli with the largest responses, strongest first; ties in stimulus order. */
  readonly stimuli: Uint32Array;
  /** `[k]`: the responses to them. */
  readonly responses: Float64Array;
  /** Largest response. */
  readonly peak: number;
  /** k-th largest response. */
  readonly theta: number;
  /** The number of responses that equal theta without being among the k. */
  readonly ties: number;
  /** Share of all stimuli, the peak among them, whose response exceeds half of the peak. */
  readonly shareAboveHalfPeak: Index;
  readonly sparseness: Index;
}

/** The peak tuning of one neuron. PT_J and PT_S are null also if there are no real responses. */
export interface NeuronPeakTuning extends Omit<PeakTuningMetrics, 'theta'> {
  readonly predicted: ResponsePeak;
  /** null if there are no real responses. */
  readonly real: ResponsePeak | null;
}

/**
 * Finds the top k stimuli of each neuron and how selective its responses are. With real responses, it also
 * finds their top k stimuli, PT_J and PT_S, which compare predictions with the theta of the real responses.
 * @param predicted `[stimuli, neurons]`
 * @param options.real `[stimuli, neurons]`, to the same stimuli
 * @param options.k 1..stimuli, by default 1 % of the stimuli
 * @throws InputError when responses are empty, not finite or of different shapes, or k is out of range
 */
export function neuronPeaks(
  predicted: ResponseMatrix,
  options: { readonly real?: ResponseMatrix | undefined; readonly k?: number | undefined } = {},
): { readonly k: number; readonly neurons: readonly NeuronPeakTuning[] } {
  const { real } = options;
  checkPair(predicted, real);
  const k = peakCount(predicted.stimuli, options.k);
  const neurons = Array.from({ length: predicted.neurons }, (_, j): NeuronPeakTuning => {
    const p = column(predicted, j);
    const peak = responsePeak(p, descending(p), k);
    if (!real) return { predicted: peak, real: null, ptJ: null, ptS: null };
    const r = column(real, j);
    const order = descending(r);
    return { predicted: peak, real: responsePeak(r, order, k), ...peakTuning(r, p, k, order) };
  });
  return { k, neurons };
}

function responsePeak(values: Float64Array, order: Uint32Array, k: number): ResponsePeak {
  const stimuli = order.slice(0, k);
  const responses = Float64Array.from(stimuli, (i) => values[i]!);
  return {
    stimuli,
    responses,
    peak: responses[0]!,
    theta: responses[k - 1]!,
    ties: tiesAt(values, order, k),
    shareAboveHalfPeak: shareAboveHalfPeak(values),
    sparseness: sparseness(values),
  };
}

function shareAboveHalfPeak(values: Float64Array): Index {
  return ratioIndex('share of R > R_peak / 2', values, (relative) => {
    return relative.filter((value) => value > 0.5).length / relative.length;
  });
}
