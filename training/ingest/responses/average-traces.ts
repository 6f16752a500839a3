import type { TraceSource } from '../lab-file.js';
import { firstAtOrAfter } from './count-spikes.js';
import type { Window } from './window.js';

/** Numbers of a trace that are read at a time. */
const BLOCK = 2 ** 21;

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
  const sums = new Float64Array(onset.length * neurons);
  const spans: Span[] = [];
  for (const [trial, at] of onset.entries()) {
    const own = [spanOf(times, at, window, trial, 1)];
    if (baseline) own.push(spanOf(times, at, baseline, trial, -1));
    const isMeasured = own.every(({ first, end }) => first < end);
    if (isMeasured) spans.push(...own);
    else sums.fill(Number.NaN, trial * neurons, (trial + 1) * neurons);
  }
  spans.sort((a, b) => a.first - b.first);
  const perBlock = Math.max(1, Math.floor(block / neurons));
  let open: Span[] = [];
  let next = 0;
  for (let first = 0; first < samples; first += perBlock) {
    const end = Math.min(samples, first + perBlock);
    while (next < spans.length && spans[next]!.first < end) open.push(spans[next++]!);
    if (open.length > 0)
      addBlock(sums, open, await source.read(first, end - first), first, neurons);
    open = open.filter((span) => span.end > end);
    report(end);
  }
  return Float32Array.from(sums);
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

/** @param values [samples, neurons] from sample `start` on */
function addBlock(
  sums: Float64Array,
  spans: readonly Span[],
  values: Float32Array,
  start: number,
  neurons: number,
): void {
  const stop = start + values.length / neurons;
  for (const { trial, first, end, sign } of spans) {
    const weight = sign / (end - first);
    const own = trial * neurons;
    for (let sample = Math.max(first, start); sample < Math.min(end, stop); sample++) {
      const row = (sample - start) * neurons;
      for (let neuron = 0; neuron < neurons; neuron++) {
        sums[own + neuron]! += weight * values[row + neuron]!;
      }
    }
  }
}
