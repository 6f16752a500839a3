import type { ResponseMatrix } from '../../src/tuning/response-matrix.js';

/** A matrix from its rows: one list of responses per stimulus. */
export function matrix(...rows: readonly (readonly number[])[]): ResponseMatrix {
  return {
    stimuli: rows.length,
    neurons: rows[0]?.length ?? 0,
    values: Float64Array.from(rows.flat()),
  };
}

/** A matrix from the responses of each neuron to all stimuli. */
export function matrixOfNeurons(...neurons: readonly (readonly number[])[]): ResponseMatrix {
  return matrix(...neurons[0]!.map((_, i) => neurons.map((responses) => responses[i]!)));
}
