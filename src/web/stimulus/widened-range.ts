/** The lowest and the highest of some values. */
export type Range = readonly [lowest: number, highest: number];

/**
 * Widens a range so that it has all values of some lists.
 * @example widenedRange([0, 1], [0.5, 3]); // [0, 3]
 */
export function widenedRange(range: Range, ...lists: readonly Iterable<number>[]): Range {
  let [lowest, highest] = range;
  for (const list of lists) {
    for (const value of list) {
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value);
    }
  }
  return [lowest, highest];
}
