import type { SpikeSource } from '../lab-file.js';
import type { Window } from './window.js';

/**
 * The rate of each unit in each trial: spikes in [onset + from, onset + to), over the length of the window. A trial in
 * which the unit was not observed all the time is NaN.
 * @param onset of each trial, in seconds
 * @param report is called with the number of units that are counted
 * @returns [trials, neurons], spikes per second
 */
export async function countSpikes(
  source: SpikeSource,
  onset: Float64Array,
  window: Window,
  report: (done: number) => void,
): Promise<Float32Array> {
  const rates = new Float32Array(onset.length * source.neurons);
  const seconds = (window.to - window.from) / 1000;
  for (let neuron = 0; neuron < source.neurons; neuron++) {
    const spikes = await source.spikes(neuron);
    const observed = await source.observed(neuron);
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
  return rates;
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
