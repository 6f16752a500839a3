import { randomStream } from '../../src/network/random.js';
import type { Estimate, Trials } from '../../src/tuning/repeats.js';

/** Rows are repeats. */
export function trialsOf(rows: readonly (readonly number[])[]): Trials {
  return {
    repeats: rows.length,
    stimuli: rows[0]?.length ?? 0,
    values: Float64Array.from(rows.flat()),
  };
}

/** The number of an estimate that must have one. */
export function numberIn(estimate: Estimate): number {
  if (estimate.value === null) throw new Error(estimate.reason);
  return estimate.value;
}

/** Signal of variance 1 with noise of variance `noise` in each repeat, both normal. */
export function simulated(
  keys: readonly (number | string)[],
  repeats: number,
  stimuli: number,
  noise: number,
) {
  const random = randomStream('repeats', ...keys);
  const signal = Float64Array.from({ length: stimuli }, () => random.normal());
  const values = Float64Array.from(
    { length: repeats * stimuli },
    (_, i) => signal[i % stimuli]! + Math.sqrt(noise) * random.normal(),
  );
  return { signal, trials: { repeats, stimuli, values } satisfies Trials };
}
