/** A value at a rank, from 1; in between where it is the mean over several. */
export interface CurvePoint {
  readonly rank: number;
  readonly value: number;
}

/** Most points with which a curve is drawn. */
const MAX_POINTS = 1000;
/** By how much each window of the mean is wider than the one before. */
const GROWTH = 1.25;

/** A curve by rank; of a very long one, a part of its points, denser at the peak. */
export function points(curve: Float64Array): CurvePoint[] {
  const all = curve.length <= MAX_POINTS;
  const step = Math.log(curve.length) / MAX_POINTS;
  const ranks = all
    ? Array.from(curve, (_, i) => i + 1)
    : Array.from({ length: MAX_POINTS + 1 }, (_, i) => Math.round(Math.exp(i * step)));
  return [...new Set(ranks)].map((rank) => ({ rank, value: curve[rank - 1]! }));
}

/** Its means over windows of ranks that are alike on a logarithmic axis: 1, 2, 3, 4, 5 to 6, ... */
export function smoothed(curve: Float64Array): CurvePoint[] {
  const means: CurvePoint[] = [];
  for (let first = 1; first <= curve.length; ) {
    const next = Math.min(curve.length + 1, Math.max(first + 1, Math.floor(first * GROWTH)));
    const window = curve.subarray(first - 1, next - 1);
    const value = window.reduce((sum, each) => sum + each, 0) / window.length;
    means.push({ rank: Math.sqrt(first * (next - 1)), value });
    first = next;
  }
  return means;
}

/** The axis of ranks, logarithmic so that the peak is seen. */
export function rankAxis(images: number, label: string) {
  return {
    type: 'log',
    domain: [1, Math.max(2, images)],
    label,
    tickFormat: ',d',
    ticks: 4,
  } as const;
}
