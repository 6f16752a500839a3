import type { Window } from '../../../src/datasets/window.js';
import type { SpikeSource } from '../lab-file.js';
import { findUnrecorded, type SpikeRange } from './spike-range.js';

/** The rate of each unit in each trial. */
export interface CountedSpikes {
  /** [trials, neurons], spikes per second; NaN where it was not observed. */
  readonly rates: Float32Array;
  /** For a person, in whole sentences. */
  readonly notes: readonly string[];
}

/**
 * The rate of each unit in each trial: spikes in [onset + from, onset + to), over the length of the window. A trial in
 * which the unit was not observed all the time is NaN; where the file does not say when that was, one for which there
 * are no spikes of any unit, as `findUnrecorded` has it.
 * @param onset of each trial, in seconds
 * @param report is called with the number of units that are counted
 * @throws InputError where no trial has spikes around it
 */
export async function countSpikes(
  source: SpikeSource,
  onset: Float64Array,
  window: Window,
  report: (done: number) => void,
): Promise<CountedSpikes> {
  const rates = new Float32Array(onset.length * source.neurons);
  const seconds = (window.to - window.from) / 1000;
  const ranges: (SpikeRange | undefined)[] = [];
  for (let neuron = 0; neuron < source.neurons; neuron++) {
    const spikes = await source.spikes(neuron);
    const observed = await source.observed(neuron);
    ranges.push(observed === undefined ? rangeOf(spikes) : undefined);
    for (const [trial, at] of onset.entries()) {
      const [from, to] = [at + window.from / 1000, at + window.to / 1000];
      const isMeasured =
        Number.isFinite(at) &&
        (observed === undefined || observed.some(([begin, end]) => begin <= from && to <= end));
      rates[trial * source.neurons + neuron] = isMeasured
        ? (firstAtOrAfter(spikes, to) - firstAtOrAfter(spikes, from)) / seconds
        : Number.NaN;
    }
    report(neuron + 1);
  }
  const { isUnrecorded, notes } = findUnrecorded(source, ranges, onset, window);
  for (const trial of onset.keys()) {
    if (!isUnrecorded(trial)) continue;
    for (const [neuron, range] of ranges.entries()) {
      if (range !== undefined) rates[trial * source.neurons + neuron] = Number.NaN;
    }
  }
  return { rates, notes };
}

function rangeOf(spikes: Float64Array): SpikeRange {
  return { first: spikes[0] ?? 0, last: spikes.at(-1) ?? 0, count: spikes.length };
}

/** Index of the first time that is not before `time`, by bisection; the length where there is none. */
export function firstAtOrAfter(times: Float64Array, time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
