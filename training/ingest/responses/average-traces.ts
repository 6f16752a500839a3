import type { Window } from '../../../src/datasets/window.js';
import type { TraceSource } from '../lab-file.js';
import { firstAtOrAfter } from './count-spikes.js';

/** Numbers of a trace that are read at a time. */
const BLOCK = 2 ** 19;

/** Samples of one trial that are averaged, [first, end), with the weight of each in the result. */
interface Span {
  readonly trial: number;
  readonly first: number;
  readonly end: number;
  readonly sign: 1 | -1;
}

/**
 * The response of each neuron in each trial: the mean of the samples in the window, less the mean of those in the
 * baseline. It is NaN where one of the two has no sample, or a sample that was not measured. Samples are read once, in
 * their order.
 * @param onset of each trial, in seconds
 * @param baseline undefined: nothing is subtracted
 * @param report is called with the number of samples that are read
 * @param block numbers that are read at a time
 * @returns [trials, neurons], in the unit of the traces
 */
export async function averageTraces(
  source: TraceSource,
  onset: Float64Array,
  { window, baseline }: { readonly window: Window; readonly baseline: Window | undefined },
  report: (done: number) => void,
  block = BLOCK,
): Promise<Float32Array> {
  const { neurons, samples } = source;
  const times = await source.times();
  const values = new Float32Array(onset.length * neurons);
  const spans: Span[] = [];
  for (const [trial, at] of onset.entries()) {
    const own = [spanOf(times, at, window, trial, 1)];
    if (baseline) own.push(spanOf(times, at, baseline, trial, -1));
    const isMeasured = own.every(({ first, end }) => first < end);
    if (isMeasured) spans.push(...own);
    else values.fill(Number.NaN, trial * neurons, (trial + 1) * neurons);
  }
  spans.sort((a, b) => a.first - b.first);
  const parts = baseline ? 2 : 1;
  const perBlock = Math.max(1, Math.floor(block / neurons));
  /** Sums of the trials that are not complete. */
  const sums = new Map<number, { readonly values: Float64Array; parts: number }>();
  let open: Span[] = [];
  let next = 0;
  for (let first = 0; first < samples; first += perBlock) {
    const end = Math.min(samples, first + perBlock);
    while (next < spans.length && spans[next]!.first < end) {
      const span = spans[next++]!;
      open.push(span);
      if (!sums.has(span.trial)) sums.set(span.trial, { values: new Float64Array(neurons), parts });
    }
    if (open.length > 0) {
      const read = await source.read(first, end - first);
      for (const span of open) addSamples(sums.get(span.trial)!.values, span, read, first);
    }
    for (const { trial } of open.filter((span) => span.end <= end)) {
      const sum = sums.get(trial)!;
      sum.parts -= 1;
      if (sum.parts > 0) continue;
      values.set(sum.values, trial * neurons);
      sums.delete(trial);
    }
    open = open.filter((span) => span.end > end);
    report(end);
  }
  return values;
}

function spanOf(
  times: Float64Array,
  at: number,
  { from, to }: Window,
  trial: number,
  sign: 1 | -1,
): Span {
  const first = Number.isFinite(at) ? firstAtOrAfter(times, at + from / 1000) : 0;
  const end = Number.isFinite(at) ? firstAtOrAfter(times, at + to / 1000) : 0;
  return { trial, first, end, sign };
}

/** @param read [samples, neurons] from sample `start` on */
function addSamples(
  sums: Float64Array,
  { first, end, sign }: Span,
  read: Float32Array,
  start: number,
): void {
  const neurons = sums.length;
  const stop = start + read.length / neurons;
  const weight = sign / (end - first);
  for (let sample = Math.max(first, start); sample < Math.min(end, stop); sample++) {
    const row = (sample - start) * neurons;
    for (let neuron = 0; neuron < neurons; neuron++) sums[neuron]! += weight * read[row + neuron]!;
  }
}
