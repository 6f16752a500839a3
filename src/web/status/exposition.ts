/** One line of the Prometheus text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Reads the Prometheus text format; comments are passed over. */
export function samplesIn(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, key, quoted]) => [key!, quoted!] as const);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}

export function valueIn(samples: readonly Sample[], name: string): number | undefined {
  return samples.find((sample) => sample.name === name)?.value;
}

/** How many were at most so long, by the upper end of each bucket in seconds, ascending. */
export type Histogram = ReadonlyMap<number, number>;

/** The histograms of a name, added up over those whose labels are wanted. */
export function histogramOf(
  samples: readonly Sample[],
  name: string,
  wanted: (labels: Sample['labels']) => boolean,
): Histogram {
  const counts = new Map<number, number>();
  for (const { name: found, labels, value } of samples) {
    if (found !== `${name}_bucket` || !wanted(labels)) continue;
    const end = labels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels['le']);
    counts.set(end, (counts.get(end) ?? 0) + value);
  }
  return new Map([...counts].toSorted(([a], [b]) => a - b));
}

/** What came between two looks at a histogram. */
export function since(before: Histogram, now: Histogram): Histogram {
  return new Map([...now].map(([end, count]) => [end, count - (before.get(end) ?? 0)]));
}

/**
 * A quantile, spread evenly within its bucket, as Prometheus' histogram_quantile has it.
 * @returns undefined where nothing was counted; the last finite end where it lies beyond
 */
export function quantile(histogram: Histogram, share: number): number | undefined {
  const buckets = [...histogram];
  const total = buckets.at(-1)?.[1] ?? 0;
  if (!(total > 0)) return undefined;
  const rank = share * total;
  const at = buckets.findIndex(([, count]) => count >= rank);
  const [low, below] = buckets[at - 1] ?? [0, 0];
  const [high, count] = buckets[at]!;
  if (!Number.isFinite(high)) return low;
  return low + ((high - low) * (rank - below)) / (count - below);
}
