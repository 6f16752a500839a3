import { F1F0, type Index } from './indices.js';
import {
  bandwidth,
  gOSI,
  OSI,
  orthogonalToPreferred,
  preferredOrientation,
} from './orientation-indices.js';
import { checkNumbers, checkResponses, column, type ResponseMatrix } from './response-matrix.js';

export interface OrientationIndices {
  readonly gOSI: Index;
  readonly preferredOrientation: Index;
  readonly OSI: Index;
  readonly orthogonalToPreferred: Index;
  readonly bandwidth: Index;
  /** Over the phases at the orientation where the curve is largest. */
  readonly F1F0: Index;
}

/** One neuron's tuning over orientation; all indices but F1F0 are those of the curve. */
export interface NeuronOrientationTuning {
  /** `[orientations]`: the mean over phases, as it came: negative responses and baseline kept. */
  readonly curve: number[];
  /** Response to the blank image, of which nothing was subtracted from curve or indices. */
  readonly blank: number;
  readonly indices: OrientationIndices;
}

/**
 * Orientation tuning of each neuron, from gratings at every orientation and phase.
 * @param sweep.orientations degrees of the bars, counter-clockwise from horizontal, period 180
 * @param sweep.phases N, the number of phases, spaced 360 / N degrees
 * @param sweep.responses `[orientations * phases, neurons]`, the phases of one orientation together
 * @param sweep.blank `[neurons]`: responses to the blank image
 * @throws InputError when a number is missing or not finite
 */
export function orientationTuning(sweep: {
  readonly orientations: readonly number[];
  readonly phases: number;
  readonly responses: ResponseMatrix;
  readonly blank: ArrayLike<number>;
}): NeuronOrientationTuning[] {
  const { orientations, phases, responses, blank } = sweep;
  checkNumbers(orientations, 'orientations');
  checkResponses(responses, 'responses');
  checkNumbers(blank, 'blank');
  if (responses.stimuli !== orientations.length * phases || blank.length !== responses.neurons) {
    throw new Error(
      `[${responses.stimuli}, ${responses.neurons}] responses and ${blank.length} blank ones do not ` +
        `fit ${orientations.length} orientations at ${phases} phases`,
    );
  }
  return Array.from({ length: responses.neurons }, (_, j) => {
    const values = column(responses, j);
    const byPhase = orientations.map((_, i) => values.subarray(i * phases, (i + 1) * phases));
    const curve = byPhase.map((at) => at.reduce((sum, value) => sum + value / phases, 0));
    return {
      curve,
      blank: blank[j]!,
      indices: {
        gOSI: gOSI(orientations, curve),
        preferredOrientation: preferredOrientation(orientations, curve),
        OSI: OSI(orientations, curve),
        orthogonalToPreferred: orthogonalToPreferred(orientations, curve),
        bandwidth: bandwidth(orientations, curve),
        F1F0: F1F0(byPhase[curve.indexOf(Math.max(...curve))]!),
      },
    };
  });
}
