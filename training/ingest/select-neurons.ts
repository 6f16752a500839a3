import { InputError } from '../../src/errors.js';
import { chooseNeurons } from './choose-neurons.js';
import type { ResponseSource } from './lab-file.js';
import { createReliability, type GroupedTrials } from './reliability.js';

/** Which neurons are kept. */
export interface NeuronLimits {
  /** Conditions on the columns of the file, such as `quality == good`. */
  readonly units: string | undefined;
  /** The lowest mean response, in the unit of the responses. */
  readonly minRate: number | undefined;
  /** The lowest reliability, -1..1. */
  readonly minReliability: number | undefined;
}

/** A neuron that is kept. */
export interface KeptNeuron {
  /** Its column in the recording. */
  readonly column: number;
  readonly id: string;
  /** Split-half reliability, -1..1, as `createReliability` computes it; null where images were not repeated. */
  readonly reliability: number | null;
}

/**
 * Chooses neurons by their columns, their mean response and their reliability.
 * @returns those that are kept, and how many others there are by the reason
 * @throws InputError where none is left
 */
export function selectNeurons(
  source: ResponseSource,
  grouped: GroupedTrials,
  { units, minRate, minReliability }: NeuronLimits,
): { readonly kept: readonly KeptNeuron[]; readonly dropped: Readonly<Record<string, number>> } {
  const dropped: Record<string, number> = {};
  const drop = (reason: string, count: number) => {
    if (count > 0) dropped[reason] = (dropped[reason] ?? 0) + count;
  };
  const chosen = chooseNeurons(source, units);
  drop(`neurons without ${units}`, source.neurons - chosen.length);
  const means = meanResponses(grouped, source.neurons);
  const reliabilityOf = createReliability(grouped, source.neurons);
  const kept = chosen.flatMap((column) => {
    const mean = means[column]!;
    rejectInfinite(grouped, source, column);
    const reliability = reliabilityOf(column);
    const neuron = { column, id: source.ids[column] ?? String(column), reliability };
    if (Number.isNaN(mean)) drop('neurons that were never measured', 1);
    else if (minRate !== undefined && mean < minRate) {
      drop(`neurons with a mean response below ${minRate}`, 1);
    } else if (minReliability !== undefined && !((reliability ?? -1) >= minReliability)) {
      drop(`neurons with a reliability below ${minReliability}`, 1);
    } else return [neuron];
    return [];
  });
  if (kept.length > 0) return { kept, dropped };
  const reasons = Object.entries(dropped).map(([reason, count]) => `${count} ${reason}`);
  throw new InputError(
    `no neuron is left of ${source.neurons}: ${reasons.join(', ')}; expected some`,
  );
}

/** The mean response of each neuron over all trials; NaN where it was never measured. */
function meanResponses({ values, trialsOf }: GroupedTrials, neurons: number): Float64Array {
  const sums = new Float64Array(neurons);
  const counts = new Uint32Array(neurons);
  for (const trials of trialsOf) {
    for (const trial of trials) {
      for (let neuron = 0; neuron < neurons; neuron++) {
        const value = values[trial * neurons + neuron]!;
        if (Number.isNaN(value)) continue;
        sums[neuron]! += value;
        counts[neuron]! += 1;
      }
    }
  }
  return sums.map((sum, neuron) => sum / counts[neuron]!);
}

/** NaN alone says that a neuron was not measured. */
function rejectInfinite(
  { values, trialsOf }: GroupedTrials,
  { neurons, ids, name }: ResponseSource,
  column: number,
): void {
  for (const trial of trialsOf.flat()) {
    const value = values[trial * neurons + column]!;
    if (Math.abs(value) !== Number.POSITIVE_INFINITY) continue;
    throw new InputError(
      `the response of neuron ${ids[column]} in trial ${trial} of ${name} is ${value}; expected a number that float32 ` +
        'holds, or NaN where the neuron was not measured',
    );
  }
}
