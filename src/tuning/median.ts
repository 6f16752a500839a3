/**
 * Computes the median: the mean of the two middle values where their number is even.
 * @param values at least one, in any order
 * @example
 * median([0.9, 0.1, 0.4, 0.6]); // 0.5
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2;
}
