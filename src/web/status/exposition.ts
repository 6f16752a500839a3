/** One line of the Prometheus text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Parses the Prometheus text format without its comments. */
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

/** Cumulative counts by the upper bound of each bucket in seconds, ascending. */
export type Histogram = ReadonlyMap<number, number>;

/** Adds up the histograms of a name whose labels match. */
export function sumHistograms(
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

/** Subtracts an earlier histogram from a later one. */
export function since(before: Histogram, now: Histogram): Histogram {
  return new Map([...now].map(([end, count]) => [end, count - (before.get(end) ?? 0)]));
}

/**
 * Interpolates a quantile linearly within its bucket, as Prometheus' histogram_quantile does.
 * @returns undefined without counts; the last finite bound for larger quantiles
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
